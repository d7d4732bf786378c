/** The pages of tasks in a real browser, on a whole Orch: what a person sees while tasks come, move, ask and end. */
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { makeLink } from "../../dashboard/door/links.ts";
import { type Orch, startOrch } from "../support/orch.ts";
import { type Looked, openBrowser, picture, type TestBrowser } from "./browser.ts";

let orch: Orch;
let browser: TestBrowser;
beforeAll(async () => {
  orch = await startOrch({ agent: "asks", slots: 3, dashboard: true });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await orch?.close();
});

const opened: Looked[] = [];
afterEach(() => {
  for (const { complaints } of opened.splice(0)) expect(complaints()).toEqual([]);
});

/** Signed in as the operator by a link as it is printed, on that page. */
async function look(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const { dashboardUrl: url } = orch;
  const looked = await browser.look(options);
  opened.push(looked);
  await looked.page.goto(await makeLink(orch.redis, url, "root"));
  await looked.page.waitForURL(`${url}/`);
  if (path !== "/") await looked.page.goto(`${url}${path}`);
  return looked.page;
}

/** As it reads, on one line. */
const textIn = async (page: Page, selector: string) =>
  ((await page.locator(selector).textContent()) ?? "").replace(/\s+/g, " ").trim();
const isLive = (page: Page) => expect.poll(() => textIn(page, "#live"), { timeout: 20_000 }).toMatch(/^live/);

/** On to the field of that hint, by the key that leads from one thing to the next. */
async function tabTo(page: Page, placeholder: string): Promise<void> {
  for (let nth = 0; nth < 50; nth++) {
    if ((await page.evaluate("document.activeElement.getAttribute('placeholder')")) === placeholder) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no key leads to the field "${placeholder}"`);
}

/** Asked for in a new issue, by an agent of its own. */
async function ask(agent: string, verify?: string): Promise<string> {
  const place = await orch.place({ agent, ...(verify !== undefined && { verify }) });
  const { taskId } = await orch.command(`/orch fix the failing tests`, place);
  return taskId;
}

describe("the first page", () => {
  test("a task appears, moves, asks, is answered there and ends, and nobody loads the page again", async () => {
    const page = await look("/");
    await isLive(page);
    await page.evaluate("window.loadedOnce = true");
    expect(await textIn(page, "#running-panel")).toContain("No agent is at work");

    const taskId = await ask("asks");
    const need = page.locator(`[data-key^="need-${taskId}"]`);
    await need.waitFor({ timeout: 60_000 });
    expect(await need.textContent()).toMatch(/asks/);
    expect(await page.title()).toMatch(/^\(1\) /);
    await expect.poll(() => textIn(page, "#announce")).toMatch(/Needs you: .*asks/);
    await orch.task(taskId, ({ state }) => state.name === "waiting");

    // By keys alone, as somebody without a mouse has to.
    await page.keyboard.press("j");
    await tabTo(page, "or another answer");
    await page.keyboard.type("the second");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/tasks\//);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await expect.poll(() => textIn(page, "#task-state"), { timeout: 20_000 }).toMatch(/to review/);
  });

  test("a row that changes keeps the focus that is in it, and is left alone while somebody selects in it", async () => {
    const taskId = await ask("waits");
    const { epoch } = await orch.running(taskId, "working");
    const page = await look("/");
    const row = page.locator(`#row-${taskId}`);
    await row.waitFor();
    await isLive(page);
    const say = (words: string) =>
      orch.store.change(taskId, { name: "progress", epoch, progress: { lastLines: words }, at: Date.now() });
    const held = "document.activeElement.closest('tr')?.id + ' ' + document.activeElement.textContent";

    await row.getByRole("button", { name: /^Cancel/ }).focus();
    await say("the first words");
    await expect.poll(() => row.textContent()).toContain("the first words");
    expect(await page.evaluate(held)).toBe(`row-${taskId} Cancel`);

    await page.evaluate(`getSelection().selectAllChildren(document.querySelector("#row-${taskId} .title"))`);
    await say("▸ edit src/add.js");
    const other = await ask("asks");
    await page.locator(`[data-key^="need-${other}"]`).waitFor({ timeout: 60_000 });
    expect(await page.evaluate("getSelection().toString()")).toBe("The tests fail");
    expect(await row.textContent()).toContain("the first words");
    await page.evaluate("getSelection().removeAllRanges()");
    await expect.poll(() => row.textContent()).toContain("edit src/add.js");
    await isLive(page);
    await picture(page, "first-page", { whole: true });

    await orch.letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  });

  test("news of others leaves what somebody is writing, and where they write", async () => {
    const taskId = await ask("asks");
    const page = await look("/");
    await isLive(page);
    const need = page.locator(`[data-key^="need-${taskId}"]`);
    await need.waitFor({ timeout: 60_000 });
    await page.evaluate("window.loadedOnce = true");
    await need.getByPlaceholder("or another answer").fill("not yet");

    const other = await ask("asks");
    await page.locator(`[data-key^="need-${other}"]`).waitFor({ timeout: 60_000 });

    expect(await need.getByPlaceholder("or another answer").inputValue()).toBe("not yet");
    expect(await page.evaluate("document.activeElement.name")).toBe("text");
    expect(await page.evaluate("window.loadedOnce")).toBe(true);
  });

  test.each([
    ["dark", { colorScheme: "dark" }],
    ["light", { colorScheme: "light" }],
    ["400 px", { viewport: { width: 400, height: 800 } }],
  ] as const)("%s: nothing is wider than the page, and every state has its word", async (_how, options) => {
    const page = await look("/", options);
    await isLive(page);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    for (const badge of await page.locator(".badge").allTextContents()) expect(badge.trim()).not.toBe("");
  });

  test("keys alone lead to a task and back", async () => {
    const page = await look("/");
    await isLive(page);
    await page.keyboard.press("j");
    const first = await page.evaluate("document.activeElement.getAttribute('href')");
    expect(first).toMatch(/^\/tasks\/t/);
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    expect(await page.evaluate("document.activeElement.getAttribute('href')")).toBe(first);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/tasks\/t/);
    await page.goBack();
    await page.keyboard.press("/");
    await page.keyboard.type("calculator");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/tasks\?q=calculator/);
  });
});

test("a stranger finds on the first page why a task failed and what it cost, and tries it again", async () => {
  const taskId = await ask("breaks", "node --test");
  const page = await look("/");
  const row = page.locator(`[data-key*="${taskId}"]`);
  await expect.poll(() => row.textContent(), { timeout: 60_000 }).toMatch(/failed/);
  await row
    .getByRole("link", { name: /^maintainer\/|^Why$/ })
    .first()
    .click();
  await page.waitForURL(/\/tasks\//);
  expect(await textIn(page, "#why")).toMatch(/fails|failed/);
  expect(await textIn(page, "#task-facts")).toMatch(/Cost of this task(?:unknown|\$)/);
  // What is out of sight asks for nothing.
  await page.getByRole("heading", { name: "Output" }).scrollIntoViewIfNeeded();
  await page.mouse.wheel(0, 400);
  await expect.poll(() => textIn(page, ".output-logs"), { timeout: 20_000 }).toContain("not ok 1 - adds");
  await picture(page, "task", { whole: true });
  await page.getByRole("link", { name: "Run 1" }).click();
  await page.waitForURL(/\/runs\/1$/);
  await expect.poll(() => textIn(page, ".output-logs"), { timeout: 20_000 }).toContain("not ok 1 - adds");
  await page.goBack();
  await page.getByRole("button", { name: /^Retry/ }).click();
  await page.waitForURL(/\/tasks\/.*said=/);
  const retried = await vi.waitFor(
    async () => {
      const [, again] = await orch.store.idsOfIssue(...(await placeOf(taskId)));
      if (again === undefined) throw new Error("nothing was tried again");
      return again;
    },
    { timeout: 20_000, interval: 50 },
  );
  expect(await textIn(page, ".reply")).not.toBe("");
  expect(await orch.told(retried)).toMatchObject({ kind: "verify_failed" });
});

async function placeOf(taskId: string): Promise<[number, number]> {
  const task = await orch.store.read(taskId);
  if (!task) throw new Error(`no task ${taskId}`);
  return [task.spec.repository.id, task.spec.number];
}

test("bot, worker host and Redis are killed under a page, one after the other: it says so, heals, and leaves nothing out", {
  timeout: 240_000,
}, async () => {
  const taskId = await ask("counts");
  await orch.running(taskId, "working");
  const [page, first] = [await look(`/tasks/${taskId}`), await look("/")];
  for (const each of [page, first]) await each.evaluate("window.loadedOnce = true");
  await page.locator("#output").scrollIntoViewIfNeeded();
  const counted = async () =>
    [...(await textIn(page, ".output-log:not([hidden])")).matchAll(/count (\d+)/g)].map(([, number]) => Number(number));
  const goesOn = async () => {
    const before = (await counted()).length;
    await expect.poll(async () => (await counted()).length, { timeout: 60_000 }).toBeGreaterThan(before + 10);
  };
  const state = () => textIn(page, ".output-state");
  await goesOn();

  await orch.bot.kill();
  await expect.poll(state).toMatch(/^Connection lost at/);
  for (const each of [page, first])
    await expect.poll(() => textIn(each, "#live")).toMatch(/^stale since \d\d:\d\d:\d\d/);
  await orch.bot.start();
  await goesOn();
  expect(await state()).toBe("Live");
  for (const each of [page, first]) await isLive(each);

  await orch.host.kill();
  await expect.poll(state, { timeout: 60_000 }).toContain("does not answer");
  await orch.host.start();
  await goesOn();
  await expect.poll(state).toBe("Live");

  await orch.redisServer.kill();
  await expect.poll(() => textIn(first, "#live"), { timeout: 60_000 }).toMatch(/^stale since/);
  await orch.redisServer.restart();
  await goesOn();
  for (const each of [page, first]) await isLive(each);

  const all = await counted();
  expect(all).toEqual(all.map((_, nth) => nth + 1));
  for (const each of [page, first]) expect(await each.evaluate("window.loadedOnce")).toBe(true);
  const next = await ask("asks");
  await first.locator(`[data-key*="${next}"]`).first().waitFor({ timeout: 60_000 });
  await orch.letGo("stop-counting");
  expect(await orch.told(taskId)).toMatchObject({ kind: "no_changes" });
  await expect.poll(() => textIn(page, "#task-state")).toMatch(/no changes/);
  await orch.task(next, (task) => task.state.name === "waiting");
});
