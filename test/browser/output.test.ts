/** What a person sees in a real browser of what programs print: it follows, pauses, comes back where it was, stays small, and obeys nothing. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDoor } from "../../dashboard/door/listener.ts";
import { html } from "../../dashboard/html.ts";
import { outputRoutes } from "../../dashboard/output/routes.ts";
import { OUTPUT_SCRIPT, outputView } from "../../dashboard/output/view.ts";
import { page as framed } from "../../dashboard/pages/layout.ts";
import type { DashboardRoute } from "../../dashboard/visit.ts";
import { freePort } from "../../demo/free-port.ts";
import type { GitHub } from "../../src/github.ts";
import { readHosts } from "../../src/task/hosts.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { type PrintingHost, startPrintingHost } from "../dashboard/output/printing-host.ts";
import { signIn } from "../support/dashboard.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";

const log = pino({ level: "silent" });

let browser: TestBrowser;
let server: TestRedis;
let host: PrintingHost;
let port: number;
let url: string;

/** A page of the tasks that its address names. */
const shown: DashboardRoute = {
  method: "GET",
  path: "/shown",
  answer: async (visit) =>
    framed({
      title: "Output",
      visit,
      scripts: [OUTPUT_SCRIPT],
      body: html`${visit.query.getAll("task").map((taskId) => outputView({ taskId }))}`,
    }),
};

async function startDashboard() {
  const redis = connectRedis(server.url, "bot");
  const subscriber = connectBlockingRedis(server.url, "bot-changes");
  await waitForRedis(redis, 5_000);
  const hosts = () => readHosts(redis, Date.now());
  const routes = [
    shown,
    ...outputRoutes({ redis, subscriber, store: makeTaskStore(redis), hosts, now: Date.now, log }),
  ];
  const github = { server: {} } as GitHub;
  const door = await openDoor(
    { redis, github, routes, now: Date.now, log },
    { host: "127.0.0.1", port, operators: [] },
  );
  return {
    async stop() {
      redis.disconnect();
      subscriber.disconnect();
      await door.stop();
    },
  };
}
let dashboard: Awaited<ReturnType<typeof startDashboard>>;

beforeAll(async () => {
  browser = await openBrowser();
  server = await startRedis();
  host = await startPrintingHost(server.url);
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  dashboard = await startDashboard();
});
afterAll(async () => {
  await browser.close();
  await dashboard.stop();
  await host.close();
  await server.stop();
});

/** Somebody who is signed in. */
async function look(options: Parameters<TestBrowser["look"]>[0] = {}) {
  const viewer = await browser.look(options);
  const [name = "", value = ""] = (await signIn({ url, redisUrl: server.url })).cookie.split("=");
  await viewer.context.addCookies([{ name, value, url, httpOnly: true, sameSite: "Strict" }]);
  const log = viewer.page.locator(".output-log:not([hidden])");
  const sees = (text: string) => expect.poll(() => log.textContent(), { timeout: 15_000 }).toBe(text);
  const state = () => viewer.page.locator(".output-state").textContent();
  return { ...viewer, log, sees, state };
}

test("output follows, over steps and the servers beside them, with its colours, and keeps to the policy of the page", async () => {
  const run = await host.begin();
  run.print("set up\n", "setup-1");
  run.print("ready on port 3000\n", "servers-1");
  const { page, log, sees, complaints } = await look();
  await page.goto(`${url}/shown?task=${run.id}`);
  await sees("set up\n");
  run.print("\u001b[32m✔ fine\u001b[0m, plain\n");
  await sees("✔ fine, plain\n");
  expect(await log.locator(".ink-2").textContent()).toBe("✔ fine");
  expect(await page.locator("[role=tab]").allTextContents()).toEqual(["setup-1", "servers-1", "agent-1"]);
  await page.locator("[role=tab]").last().focus();
  await page.keyboard.press("ArrowLeft");
  await sees("ready on port 3000\n");
  await page.keyboard.press("ArrowLeft");
  await sees("set up\n");
  await page.locator("[role=tab]").nth(1).click();
  await sees("ready on port 3000\n");
  run.print("more\n");
  await page.locator("[role=tab]").last().click();
  await sees("✔ fine, plain\nmore\n");
  await run.leave();
  await run.settle();
  await expect.poll(() => page.locator(".output-state").textContent()).toBe("Over");
  await page.reload();
  await sees("✔ fine, plain\nmore\n");
  await page.locator("[role=tab]").first().click();
  await sees("set up\n");
  expect(complaints()).toEqual([]);
});

test("it pauses, and goes on where it was", async () => {
  const run = await host.begin();
  run.print("one\n");
  const { page, sees, state } = await look();
  await page.goto(`${url}/shown?task=${run.id}`);
  await sees("one\n");
  await page.getByRole("button", { name: "Pause" }).click();
  run.print("two\n");
  await expect.poll(state).toBe("Paused");
  await page.waitForTimeout(300);
  await sees("one\n");
  await page.getByRole("button", { name: "Go on" }).click();
  await sees("one\ntwo\n");
});

test("whatever is printed, nothing of it is obeyed", async () => {
  const run = await host.begin();
  run.print("begins\n");
  const { page, log, sees, complaints } = await look();
  const title = "Output · Orch";
  const hostile = [
    "<img src=x onerror=\"document.title='owned'\">",
    "</pre><script>document.title='owned'</script>",
    "\u001b]0;owned\u0007",
    "\u001b]52;c;b3duZWQ=\u0007",
    "\u001b]8;;javascript:document.title='owned'\u001b\\link\u001b]8;;\u001b\\",
    "\u001b[999999999S\u001b[1000000000L",
    "\u202egnp.exe",
    "\u001b[31",
    "e\u0301".padEnd(3_000, "\u0301"),
    "x".repeat(1_000_000),
  ];
  await page.goto(`${url}/shown?task=${run.id}`);
  await sees("begins\n");
  for (const words of hostile) run.print(`${words}\n`);
  run.print("the end\n");
  await expect.poll(() => log.textContent(), { timeout: 15_000 }).toMatch(/the end\n$/);
  expect(await page.title()).toBe(title);
  const text = (await log.textContent()) ?? "";
  expect(text).toContain('<img src=x onerror="document');
  for (const hidden of ["\u001b", "\u202e"]) expect(text).not.toContain(hidden);
  expect(text.length).toBeLessThan(20_000);
  expect(await log.locator("img, script, a").count()).toBe(0);
  expect(complaints()).toEqual([]);
});

test("the reader who has scrolled up stays there, and gets what was printed before", async () => {
  const run = await host.begin();
  for (let nth = 1; nth <= 20_000; nth++) run.print(`line ${nth}\n`);
  const { page, log } = await look();
  await page.goto(`${url}/shown?task=${run.id}`);
  await expect.poll(() => log.textContent()).toMatch(/line 20000\n$/);
  const inLog = (expression: string) =>
    page.evaluate(`((pre) => ${expression})(document.querySelector(".output-log:not([hidden])"))`);
  const atEnd = () => inLog("pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 8");
  await expect.poll(atEnd).toBe(true);
  const first = /^line (\d+)\n/.exec((await log.textContent()) ?? "")?.[1];
  await page.getByRole("button", { name: "Show earlier" }).click();
  await expect.poll(() => log.textContent()).toContain(`line ${Number(first) - 1}\nline ${first}\n`);
  await inLog("(pre.scrollTop = 500)");
  run.print("news\n");
  await expect.poll(() => log.textContent()).toMatch(/news\n$/);
  expect(await inLog("pre.scrollTop")).toBe(500);
});
