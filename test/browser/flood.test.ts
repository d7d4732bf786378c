/** Much output in a real browser: twenty agents that print as fast as they can, a transcript of 20 MB, and pages that stay small. */
import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../demo/free-port.ts";
import { type PrintingHost, type PrintingRun, startPrintingHost } from "../dashboard/output/printing-host.ts";
import { type BotSetting, startBotSetting } from "../support/bot.ts";
import { signIn } from "../support/dashboard.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";

const SESSIONS = 20;
/** What 100 lines a second are in a minute; here they come within a third of that. */
const LINES = 6_000;
const SECONDS = 20;
const EVERY_MS = 100;
/** A browser opens six connections to one place, and a task's page has two: so many of them has one person. */
const PAGES_OF_ONE = 2;
const FOLLOWED = 4;
const HEAP_MB = 60;

let orch: BotSetting;
let host: PrintingHost;
let browser: TestBrowser;
beforeAll(async () => {
  const port = await freePort();
  orch = await startBotSetting({ dashboard: () => ({ host: "127.0.0.1", port, operators: [] }) });
  const { id, installationId } = orch.repository;
  const number = await orch.openIssue();
  const repository = { id, owner: "octo-org", name: "calculator" };
  const times = { requestedAt: Date.now(), acceptedAt: Date.now() };
  const asked = { repository, installationId, number, conversation: number, ...times };
  host = await startPrintingHost(orch.server.url, "h0000000", asked);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await host?.close();
  await orch?.close();
});

/** Somebody who is signed in, with these pages open. */
async function look(paths: readonly string[]): Promise<Opened[]> {
  const url = orch.dashboardUrl();
  const [name = "", value = ""] = (await signIn({ url, redisUrl: orch.server.url })).cookie.split("=");
  const { context } = await browser.look({ viewport: { width: 1280, height: 1_600 } });
  await context.addCookies([{ name, value, url, httpOnly: true, sameSite: "Strict" }]);
  return await Promise.all(
    paths.map(async (path) => {
      const page = await context.newPage();
      await page.goto(`${url}${path}`);
      return { page, devtools: await context.newCDPSession(page) };
    }),
  );
}
type Opened = { page: Page; devtools: CDPSession };

/** What a page holds when all that it does not need is gone, MB. */
async function heap({ devtools }: Opened): Promise<number> {
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  return usedSize / 2 ** 20;
}

const log = (page: Page) => page.locator(".output-log:not([hidden])");
const line = (nth: number) => `\u001b[2m${nth}\u001b[0m ${"z".repeat(110)}\n`;

/** Each the same, a tenth of a second's lines at a time; resolves when all are printed. */
async function print(runs: readonly PrintingRun[], halfway: () => Promise<void>): Promise<void> {
  const ticks = (SECONDS * 1_000) / EVERY_MS;
  let half: Promise<void> | undefined;
  for (let tick = 0; tick < ticks; tick++) {
    const from = tick * (LINES / ticks);
    const text = Array.from({ length: LINES / ticks }, (_, nth) => line(from + nth + 1)).join("");
    const until = new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    for (const run of runs) run.print(text);
    if (tick === ticks / 2) half = halfway();
    await until;
  }
  await half;
}

/** The wall is the page that shows all of them; who wants the whole of one opens its own. */
test("twenty agents print 120,000 lines: the wall of sessions and the pages of four of them stay small, and show the last", {
  timeout: 240_000,
}, async () => {
  const runs = await Promise.all(Array.from({ length: SESSIONS }, () => host.begin()));
  for (const run of runs) run.print("begins\n");
  const followed = runs.slice(0, FOLLOWED);
  const [wall] = await look(["/sessions"]);
  const pages: Opened[] = [];
  for (let from = 0; from < FOLLOWED; from += PAGES_OF_ONE)
    pages.push(...(await look(followed.slice(from, from + PAGES_OF_ONE).map(({ id }) => `/tasks/${id}`))));
  if (!wall) throw new Error("there is no wall");
  await expect.poll(() => wall.page.locator(".session").count()).toBe(SESSIONS);
  for (const { page } of pages) {
    await page.locator("#output").scrollIntoViewIfNeeded();
    await expect.poll(() => log(page).textContent()).toContain("begins\n");
  }
  const all = [wall, ...pages];
  let early: number[] = [];
  await print(runs, async () => {
    early = await Promise.all(all.map(heap));
  });
  const late = await Promise.all(all.map(heap));
  process.stderr.write(`    heaps in MB, halfway: ${told(early)}; at the end: ${told(late)}\n`);
  for (const [nth, megabytes] of late.entries()) {
    expect(megabytes).toBeLessThan(HEAP_MB);
    expect(megabytes - (early[nth] ?? 0)).toBeLessThan(HEAP_MB / 4);
  }
  const last = `${LINES} ${"z".repeat(110)}`;
  const lines = () => wall.page.locator(".last-lines").allTextContents();
  await expect.poll(async () => (await lines()).filter((text) => text.includes(last)).length).toBe(SESSIONS);
  for (const { page } of pages) {
    await expect.poll(() => log(page).textContent()).toContain(last);
    expect(await log(page).locator("*").count()).toBeLessThan(2_000);
  }
  for (const run of runs) await run.settle();
});

const told = (heaps: readonly number[]) => heaps.map((each) => each.toFixed(1)).join(", ");

test("a transcript of 20 MB opens at its end", async () => {
  const run = await host.begin();
  run.print(`${"y".repeat(99)}\n`.repeat(200_000));
  run.print("the end\n");
  const from = performance.now();
  const [{ page } = { page: undefined }] = await look([`/tasks/${run.id}`]);
  if (!page) throw new Error("there is no page");
  await page.locator("#output").scrollIntoViewIfNeeded();
  await log(page).filter({ hasText: "the end" }).waitFor();
  process.stderr.write(`    20 MB: shown after ${Math.round(performance.now() - from)} ms\n`);
  expect((await log(page).textContent())?.length).toBeLessThan(200_000);
});
