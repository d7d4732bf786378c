/** What a browser makes of much output: how soon a long transcript is there, and how large a tab becomes that follows one for hours. */
import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { makeLink } from "../../dashboard/door/links.ts";
import { freePort } from "../../demo/free-port.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import type { Benchmark, Options, Report } from "../bench.ts";
import { startChild } from "../child.ts";
import type { Served, ServerOptions } from "../dashboard/dashboard.ts";
import { startRedis } from "../ingress/redis.ts";
import { memoryOf } from "../processes.ts";
import { median, quantile, round } from "../statistics.ts";

const CHROMIUM = "/usr/bin/chromium";
const TRANSCRIPT_MB = 20;
/** Of an hour at 100 lines a second. */
const LINES = 360_000;
/** So many times as fast. */
const FASTER = 60;
const EVERY_MS = 100;
const LINE = `\u001b[2m12:03:10\u001b[0m ${"x".repeat(50)}\n`;
const END = "the last line of all";
const WITHIN_MS = 60_000;

export const tab: Benchmark = {
  name: "tab",
  title: `a transcript of ${TRANSCRIPT_MB} MB in a browser, and a tab that follows ${LINES} lines`,
  rounds: 7,
  run: async (options) => (existsSync(CHROMIUM) ? await measure(options) : NOTHING),
};

const NOTHING: Report = {
  counted: [`Nothing: ${CHROMIUM} is not there. \`npm run test:browser\` installs it.`],
  tables: [],
  figures: [],
};

type Session = { task: string; transcript: string };
type Sizes = { heapMb: number; tabMb: number };
type Setting = { browser: Browser; url: string; redisUrl: string; say: Options["say"] };

async function measure({ rounds, say }: Options): Promise<Report> {
  const redis = await startRedis();
  const dir = mkdtempSync(join(tmpdir(), "orch-bench-tab-"));
  const host = startChild(new URL("../live/host.ts", import.meta.url));
  const server = startChild(new URL("../dashboard/server.ts", import.meta.url));
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    chromiumSandbox: false,
    args: ["--disable-dev-shm-usage", "--disable-gpu"],
  });
  try {
    const [long, followed] = (await host.ask("open", { dir, redisUrl: redis.url, runs: 2 })) as [Session, Session];
    const options: ServerOptions = { redisUrl: redis.url, secret: "bench", path: `/hooks-${await freePort()}` };
    const { url } = (await server.ask("start", options)) as Served;
    const setting = { browser, url, redisUrl: redis.url, say };
    const opened = await openings(setting, long, rounds);
    return report(opened, await hourOf(setting, followed));
  } finally {
    await browser.close();
    await Promise.all([host.stop(), server.stop()]);
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Somebody who is signed in, with no page open. */
async function person({ browser, url, redisUrl }: Setting): Promise<{ context: BrowserContext; page: Page }> {
  const redis = connectRedis(redisUrl, "bench");
  await waitForRedis(redis, 10_000);
  const link = await makeLink(redis, url, "bench").finally(() => redis.disconnect());
  const context = await browser.newContext({ viewport: { width: 1280, height: 1_600 } });
  const page = await context.newPage();
  await page.goto(link);
  await page.waitForURL(`${url}/`);
  return { context, page };
}

const showsEnd = (page: Page) =>
  page.locator(".output-log:not([hidden])").filter({ hasText: END }).waitFor({ timeout: WITHIN_MS });

/** From the address to the last line, ms. */
async function openings(setting: Setting, { task, transcript }: Session, rounds: number): Promise<number[]> {
  appendFileSync(transcript, LINE.repeat(Math.ceil((TRANSCRIPT_MB * 2 ** 20) / LINE.length)));
  appendFileSync(transcript, `${END}\n`);
  const { context, page } = await person(setting);
  const times: number[] = [];
  for (let turn = 0; turn <= rounds; turn++) {
    setting.say(`opening ${turn} of ${rounds}`);
    await page.goto("about:blank");
    const startedAt = performance.now();
    await page.goto(`${setting.url}/tasks/${task}#output`);
    await showsEnd(page);
    if (turn > 0) times.push(performance.now() - startedAt); // the first one fetches style and scripts
  }
  await context.close();
  return times;
}

/** Of a tab that has followed all lines, and was there for a while before. */
async function hourOf(
  setting: Setting,
  { task, transcript }: Session,
): Promise<{ before: Sizes; after: Sizes; gaps: number }> {
  const { context, page } = await person(setting);
  await page.goto(`${setting.url}/tasks/${task}#output`);
  await page.locator(".output-log:not([hidden])").filter({ hasText: "begins" }).waitFor({ timeout: WITHIN_MS });
  const before = await sizesOf(setting, context, page);
  await page.evaluate(COUNT_GAPS);
  const atOnce = (100 * FASTER * EVERY_MS) / 1_000;
  for (let printed = 0; printed < LINES; printed += atOnce) {
    if (printed % 60_000 === 0) setting.say(`${printed} of ${LINES} lines`);
    appendFileSync(transcript, LINE.repeat(atOnce));
    await delay(EVERY_MS);
  }
  appendFileSync(transcript, `${END}\n`);
  await showsEnd(page);
  const gaps = Number(await page.evaluate("window.gaps"));
  const after = await sizesOf(setting, context, page);
  await context.close();
  return { before, after, gaps };
}

/** Runs in the page: how often something was left out, because it came faster than it was taken. */
const COUNT_GAPS = `window.gaps = 0; new MutationObserver((news) => {
  for (const { addedNodes } of news) for (const node of addedNodes) if (node.className === "output-gap") window.gaps += 1;
}).observe(document.querySelector(".output-logs"), { childList: true, subtree: true });`;

async function sizesOf({ browser }: Setting, context: BrowserContext, page: Page): Promise<Sizes> {
  const devtools = await context.newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  const all = await (await browser.newBrowserCDPSession()).send("SystemInfo.getProcessInfo");
  const tabs = all.processInfo.filter(({ type }) => type === "renderer").map(({ id }) => memoryOf(id).pss);
  return { heapMb: usedSize / 2 ** 20, tabMb: Math.max(...tabs) };
}

type Hour = Awaited<ReturnType<typeof hourOf>>;

function report(opened: readonly number[], { before, after, gaps }: Hour): Report {
  return {
    counted: [
      `A transcript of ${TRANSCRIPT_MB} MB: from the address of its task's page until the last line of it is in the page, ${opened.length} times, style and scripts kept from the time before.`,
      `${LINES} lines of ${LINE.length} bytes, an hour at 100 a second, are printed ${FASTER} times as fast under a task's page that follows them; times of an hour that do not depend on lines are not in it.`,
      "The heap is JavaScript's after a collection; the tab is the PSS of its renderer, the largest one that Chromium has.",
    ],
    tables: [
      {
        title: "a tab, MB",
        rows: [
          ["", "heap", "tab"],
          ["opened", round(before.heapMb), round(before.tabMb)],
          [`after ${LINES} lines`, round(after.heapMb), round(after.tabMb)],
        ],
      },
    ],
    figures: [
      { name: `${TRANSCRIPT_MB} MB are open: p50`, value: median(opened), unit: "ms", goal: { atMost: 1_000 } },
      { name: `${TRANSCRIPT_MB} MB are open: max`, value: quantile(opened, 1), unit: "ms" },
      { name: `a tab after ${LINES} lines`, value: after.tabMb, unit: "MB", goal: { atMost: 150 } },
      { name: "its heap", value: after.heapMb, unit: "MB" },
      { name: "left out meanwhile", value: gaps, unit: "times" },
    ],
  };
}
