/**
 * Catches up on what GitHub could not deliver: GitHub repeats nothing by itself, but keeps a log and delivers again when
 * asked. Safe to repeat, because a command that arrives twice is the same task.
 */

import type { Redis } from "ioredis";
import { classify, type GitHub, type Octokit } from "../github.ts";
import type { Logger } from "../log.ts";
import { tellRecovered } from "../task/history-news.ts";
import { type CaughtUp, readAsked, readCaughtUp, saveAsked, saveCaughtUp } from "./catch-up-memory.ts";
import { readLog, redeliver } from "./delivery-log.ts";
import { type Asked, askedNow, dueAt, MAX_ASKED, type Missed, missedOf } from "./missed.ts";

export type CatchUpDeps = {
  redis: Redis;
  github: GitHub;
  /** Whether a delivery by event and action would be heard, and may come late. */
  hears: (name: string) => boolean;
  now: () => number;
  log: Logger;
  /** When the bot began to listen, Unix ms. */
  startedAt: number;
  minAgeMs: number;
};

/** GitHub's log and redelivery reach back so far, ms. */
const WINDOW_MS = 3 * 24 * 3600_000;
/** Attempts may appear in the log late and out of order: so much of it is read again, ms. */
const OVERLAP_MS = 10 * 60_000;
const MAX_PER_ROUND = 100;

/**
 * One round. The time until the next that is sensible, ms; undefined when nothing waits. Throws what Redis or GitHub throws
 * when no answer can be had, and what `keepOn` throws, which is asked before each request: then nothing is lost, and the
 * next round begins where this one did.
 */
export async function catchUp(deps: CatchUpDeps, keepOn: () => Promise<void>): Promise<number | undefined> {
  const { redis, github, hears, log, startedAt } = deps;
  const octokit = await github.forApp();
  const before = await readCaughtUp(redis);
  const since = Math.max(before?.since ?? 0, deps.now() - WINDOW_MS);
  const deliveries = await readLog(octokit, since, keepOn);
  if (!deliveries.complete) log.error("GitHub's log of deliveries is too long: what is older is not caught up");
  const now = deliveries.now ?? deps.now();
  // How long we have been up does not depend on whose clock is right.
  const patience = { startedAt: now - (deps.now() - startedAt), minAgeMs: deps.minAgeMs };
  const missed = missedOf(deliveries.attempts, hears);
  const known = await readAsked(
    redis,
    missed.map(({ guid }) => guid),
  );
  const waiting: { lastAt: number; dueAt: number }[] = [];
  let count = 0;
  for (const [index, each] of missed.entries()) {
    let asked = known[index];
    let due = dueAt(each, asked, patience);
    if (due === undefined) {
      log.error(about(each), "missed delivery given up: GitHub could not deliver it however often we asked");
      continue;
    }
    if (due <= now && count < MAX_PER_ROUND) {
      await keepOn();
      count += 1;
      asked = await ask(deps, octokit, each, askedNow(each, asked, patience, now));
      due = dueAt(each, asked, patience) ?? now + patience.minAgeMs;
    }
    waiting.push({ lastAt: each.lastAt, dueAt: due });
  }
  const caughtUp = summary(waiting, now, deps.now());
  await saveCaughtUp(redis, caughtUp);
  return waiting.length === 0 ? undefined : Math.min(...waiting.map((each) => each.dueAt)) - now;
}

/** What still waits must be found again by the next round. */
function summary(waiting: readonly { lastAt: number }[], now: number, lookedAt: number): CaughtUp {
  const since = Math.min(now - OVERLAP_MS, ...waiting.map((each) => each.lastAt));
  return { since, lookedAt, waiting: waiting.length };
}

async function ask({ redis, log }: CatchUpDeps, octokit: Octokit, missed: Missed, asked: Asked): Promise<Asked> {
  let isAsked = false;
  try {
    await redeliver(octokit, missed);
    isAsked = true;
    log.info(
      { ...about(missed), time: asked.times, of: MAX_ASKED, restarts: asked.restarts },
      "missed delivery: asked GitHub to deliver it again",
    );
  } catch (error) {
    const failure = classify(error);
    if (failure === "unavailable" || failure === "rate_limited") throw error;
    log.warn({ err: error, ...about(missed), failure }, "GitHub refuses to deliver again");
  }
  await saveAsked(redis, missed.guid, asked);
  if (isAsked) await tellRecovered(redis, "redelivered");
  return asked;
}

function about({ guid, name, firstAt }: Missed) {
  return { delivery: guid, event: name, at: new Date(firstAt).toISOString() };
}
