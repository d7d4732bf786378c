/** How soon a line that a program prints is with whoever watches it elsewhere, beside `tail -f` on the machine itself; and what watching costs. */
import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { type ClientRequest, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Benchmark, Options, Report } from "../bench.ts";
import { type Child, CLIENT_CORE, SERVER_CORE, startChild } from "../child.ts";
import { startRedis } from "../ingress/redis.ts";
import { cpuMs } from "../processes.ts";
import { quantile, round } from "../statistics.ts";

const SESSIONS = 20;
const LINES_PER_SECOND = 10;
const LINE = "x".repeat(120);
/** Beside one for each session. */
const MORE_VIEWERS = 100;
const SLOW_VIEWERS = 20;
const FLOOD_MB = 20;
const SECONDS = 10;

export const live: Benchmark = {
  name: "live",
  title: "a line that is printed is with whoever watches, and what watching costs",
  rounds: 200,
  run: measure,
};

type Session = { task: string; transcript: string };
type Measured = { viewerMs: number[]; tailMs: number[] } & Costs;
type Costs = { hostShare: number; botShare: number; viewerShare: number; viewerMb: number; slow: Slow };
/** `mb`: of each that reads nothing; the lines of another session meanwhile, and beside as much that is printed for viewers who read. */
type Slow = { mb: number; besideMs: number[]; withoutMs: number[] };
type Setting = { host: Child; bot: Child; url: string; sessions: readonly Session[]; say: Options["say"] };

async function measure({ rounds, say }: Options): Promise<Report> {
  const server = await startRedis();
  const dir = mkdtempSync(join(tmpdir(), "orch-bench-live-"));
  const file = (name: string) => new URL(`./${name}.ts`, import.meta.url);
  const env = { NODE_OPTIONS: "--expose-gc" };
  const host = startChild(file("host"), { core: SERVER_CORE });
  const bot = startChild(file("bot"), { core: CLIENT_CORE, env });
  try {
    const sessions = (await host.ask("open", { dir, redisUrl: server.url, runs: SESSIONS })) as Session[];
    const url = (await bot.ask("open", { redisUrl: server.url })) as string;
    const setting = { host, bot, url, sessions, say };
    return report({ ...(await latencies(setting, rounds)), ...(await costs(setting)) });
  } finally {
    await Promise.all([host.stop(), bot.stop()]);
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** One line at a time, heard by both. */
async function latencies({ url, sessions: [session], say }: Setting, rounds: number) {
  if (!session) throw new Error("there is no session");
  const [viewerMs, tailMs]: [number[], number[]] = [[], []];
  const viewer = watch(`${url}/${session.task}`, (text) => note(text, viewerMs));
  const tail = spawn("tail", ["-n", "0", "-f", session.transcript], { stdio: ["ignore", "pipe", "inherit"] });
  tail.stdout.on("data", (chunk: Buffer) => note(chunk.toString(), tailMs));
  await delay(1_000);
  for (let nth = 1; nth <= rounds; nth++) {
    if (nth % 50 === 0) say(`line ${nth} of ${rounds}`);
    appendFileSync(session.transcript, `sent at ${performance.timeOrigin + performance.now()} ${LINE}\n`);
    await delay(60 + Math.random() * 80);
  }
  await delay(500);
  tail.kill();
  viewer.destroy();
  return { viewerMs, tailMs };
}

function note(text: string, times: number[]): void {
  const now = performance.timeOrigin + performance.now();
  for (const [, sent] of text.matchAll(/sent at ([\d.]+)/g)) times.push(now - Number(sent));
}

async function costs({ host, bot, url, sessions, say }: Setting): Promise<Costs> {
  const heard = new Map<number, number>();
  const hears = (nth: number) => (text: string) => void heard.set(nth, (heard.get(nth) ?? 0) + text.length);
  const viewers = sessions.map(({ task }, nth) => watch(`${url}/${task}`, hears(nth)));
  await delay(1_000);
  say(`${SESSIONS} sessions, a viewer for each`);
  const few = await whilePrinting(sessions, [host, bot]);
  const before = (await bot.ask("memory")) as number;
  const [first] = sessions;
  for (let nth = 0; nth < MORE_VIEWERS && first; nth++)
    viewers.push(watch(`${url}/${first.task}`, hears(SESSIONS + nth)));
  await delay(1_000);
  say(`${MORE_VIEWERS} viewers more`);
  const many = await whilePrinting(sessions, [host, bot]);
  const after = (await bot.ask("memory")) as number;
  const whole = SECONDS * LINES_PER_SECOND * LINE.length * 0.5;
  const isServed = [...heard.values()].filter((bytes) => bytes > whole).length === SESSIONS + MORE_VIEWERS;
  if (!isServed) throw new Error("not every viewer was shown what was printed");
  for (const each of viewers) each.destroy();
  say(`${SLOW_VIEWERS} viewers that read nothing`);
  const slow = await slowViewers({ bot, url, sessions });
  return {
    hostShare: few.shares[0] ?? 0,
    botShare: few.shares[1] ?? 0,
    viewerShare: ((many.shares[1] ?? 0) - (few.shares[1] ?? 0)) / MORE_VIEWERS,
    viewerMb: (after - before) / MORE_VIEWERS,
    slow,
  };
}

/** The share of a core, percent, that each process uses meanwhile. */
async function whilePrinting(sessions: readonly Session[], processes: readonly Child[]) {
  const used = () => processes.map(({ pid }) => cpuMs(pid));
  const [from, before] = [performance.now(), used()];
  const isOver = () => performance.now() - from > SECONDS * 1_000;
  await Promise.all(
    sessions.map(async ({ transcript }) => {
      await delay((Math.random() * 1_000) / LINES_PER_SECOND);
      while (!isOver()) {
        appendFileSync(transcript, `${LINE}\n`);
        await delay(1_000 / LINES_PER_SECOND);
      }
    }),
  );
  const took = performance.now() - from;
  return { shares: used().map((ms, nth) => ((ms - (before[nth] ?? 0)) / took) * 100) };
}

/** What each holds in the bot at most, while much more than that is printed, and what a viewer of another session notices of it. */
async function slowViewers({ bot, url, sessions }: Pick<Setting, "bot" | "url" | "sessions">): Promise<Slow> {
  const [flooded, other] = sessions;
  if (!flooded || !other) throw new Error("there are no two sessions");
  const heard: number[] = [];
  const viewer = watch(`${url}/${other.task}`, (text) => note(text, heard));
  const flood = async (onMegabyte: () => Promise<void>): Promise<number[]> => {
    for (let megabyte = 0; megabyte < FLOOD_MB; megabyte++) {
      appendFileSync(flooded.transcript, `${LINE}\n`.repeat(8_600));
      appendFileSync(other.transcript, `sent at ${performance.timeOrigin + performance.now()} ${LINE}\n`);
      await delay(200);
      await onMegabyte();
    }
    await delay(1_000);
    return heard.splice(0);
  };
  const reader = watch(`${url}/${flooded.task}`, () => undefined);
  await delay(1_000);
  const memory = async () => (await bot.ask("memory")) as number;
  const before = await memory();
  const withoutMs = await flood(async () => void (await memory()));
  const slow = Array.from({ length: SLOW_VIEWERS }, () => watch(`${url}/${flooded.task}`, undefined));
  await delay(1_000);
  let most = 0;
  const besideMs = await flood(async () => {
    most = Math.max(most, await memory());
  });
  for (const each of [...slow, reader, viewer]) each.destroy();
  return { mb: Math.max(0, most - before) / SLOW_VIEWERS, besideMs, withoutMs };
}

/** `onText` undefined: opens the stream and reads nothing of it. */
function watch(url: string, onText: ((text: string) => void) | undefined): ClientRequest {
  const request = get(url, { agent: false }, (response) => {
    if (onText) response.on("data", (chunk: Buffer) => onText(chunk.toString()));
    response.on("error", () => undefined); // ended from here
  });
  request.on("error", () => undefined);
  return request;
}

function report({ viewerMs, tailMs, hostShare, botShare, viewerShare, viewerMb, slow }: Measured): Report {
  const row = (name: string, times: readonly number[]) => [
    name,
    ...[0.5, 0.95, 1].map((share) => round(quantile(times, share))),
  ];
  return {
    counted: [
      `From the write of a line into a transcript until the bytes of it are read: by a viewer over host, Redis, bot and HTTP, and by \`tail -f\` of the same file in the same moment; ${viewerMs.length} lines, one about every 0.1 s.`,
      `${SESSIONS} sessions print ${LINES_PER_SECOND} lines of ${LINE.length} bytes a second each; host and bot are processes of their own, which do nothing else. Memory after a collection.`,
      `A viewer is the mean of ${MORE_VIEWERS} more on one session; a slow one the mean of ${SLOW_VIEWERS} that read nothing of ${FLOOD_MB} MB. The browser, the door and a person's rights are not counted.`,
      `Meanwhile a line at a time is printed for a viewer of another session, ${FLOOD_MB} in all, and as many while the same is printed for one who reads it.`,
    ],
    tables: [
      {
        title: "milliseconds",
        rows: [["", "p50", "p95", "max"], row("a viewer", viewerMs), row("tail -f", tailMs)],
      },
    ],
    figures: [
      { name: "a line at a viewer: p95", value: quantile(viewerMs, 0.95), unit: "ms", goal: { atMost: 300 } },
      { name: `the host, ${SESSIONS} sessions watched`, value: hostShare, unit: "% of a core", goal: { atMost: 6 } },
      { name: `the bot, ${SESSIONS} viewers`, value: botShare, unit: "% of a core" },
      { name: "one viewer more", value: viewerShare, unit: "% of a core", goal: { atMost: 0.1 } },
      { name: "one viewer more", value: viewerMb, unit: "MB", goal: { atMost: 0.2 } },
      { name: "a viewer that reads nothing", value: slow.mb, unit: "MB", goal: { atMost: 1 } },
      {
        name: `a line at another viewer, beside ${SLOW_VIEWERS} that read nothing: p95`,
        value: quantile(slow.besideMs, 0.95),
        unit: "ms",
        goal: { atMost: 300 },
      },
      { name: "the same while none of them is there: p95", value: quantile(slow.withoutMs, 0.95), unit: "ms" },
    ],
  };
}
