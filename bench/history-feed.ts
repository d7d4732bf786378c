/** How far a history is behind what happens, and whether one that was lost and is made anew says the same. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import pino from "pino";
import { makeHistory } from "../src/history/history.ts";
import { keepHistory } from "../src/history/keep-history.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore } from "../src/task/store.ts";
import { taskIdOf } from "../src/task/task-id.ts";
import { startRedis } from "./ingress/redis.ts";

export type Fed = {
  /** From the end of a task until it stands in the history, ms. */
  behind: number[];
  /** Rows of all tables. */
  rows: number;
  /** Of them, those that one that was made anew has not, or has besides. */
  differing: number;
};

const LANE = { agent: "scripted" };
const TABLES = ["tasks", "runs", "daily", "daily_total", "daily_hosts", "daily_spent", "daily_arms"];
const LOOK_MS = 20;
const GIVE_UP_MS = 60_000;
const log = pino({ level: "silent" });

/** Ends so many tasks, a few each second. */
export async function feedHistory(tasks: number): Promise<Fed> {
  const server = await startRedis();
  const dir = mkdtempSync(join(tmpdir(), "orch-bench-feed-"));
  const redis = connectRedis(server.url, "bench");
  try {
    await waitForRedis(redis, 10_000);
    const paths = [join(dir, "fed.sqlite"), join(dir, "anew.sqlite")] as const;
    const fed = keep(redis, paths[0]);
    const behind: Promise<number>[] = [];
    for (let nth = 1; nth <= tasks; nth++) {
      const id = await settle(redis, nth);
      behind.push(untilThere(paths[0], id));
      await delay(400 * Math.random());
    }
    const times = await Promise.all(behind);
    await fed.stop();
    const anew = keep(redis, paths[1]);
    await untilThere(paths[1], idOf(tasks));
    await anew.stop();
    const [was, is] = [rowsOf(paths[0]), rowsOf(paths[1])];
    const inOne = [...was, ...is].filter((row) => !was.has(row) || !is.has(row));
    return { behind: times, rows: was.size, differing: inOne.length };
  } finally {
    redis.disconnect();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

const keep = (redis: Redis, path: string) =>
  keepHistory({ redis, store: makeTaskStore(redis), history: makeHistory(path), now: Date.now, log });

const REPOSITORY = { id: 1, owner: "octo-org", name: "calculator" };
const originOf = (nth: number) => ({ kind: "comment" as const, id: nth, line: 1, url: "https://github.test/x" });
const idOf = (nth: number) => taskIdOf(REPOSITORY.id, originOf(nth));

async function settle(redis: Redis, nth: number): Promise<string> {
  const store = makeTaskStore(redis);
  const id = idOf(nth);
  const at = Date.now();
  const issue = { number: nth, conversation: nth, installationId: 1, title: "x", instruction: "x" };
  const target = { kind: "issue" as const, defaultBranch: "main" };
  const asked = { origin: originOf(nth), actor: { id: 1, login: "x" }, requestedAt: at, acceptedAt: at };
  await store.create({ id, repository: REPOSITORY, target, ...issue, ...asked }, { lane: LANE });
  await store.advance(id, { name: "claimed", host: "h1", claim: "c", job: "j", lane: LANE, at });
  const progress = { agent: "scripted", model: "m1", inputTokens: 10, outputTokens: 2, costUsd: nth / 100 };
  const outcome = { kind: "no_changes" as const, lastWords: "" };
  await store.advance(id, { name: "ended", epoch: 1, outcome, progress, at: Date.now() });
  return id;
}

async function untilThere(path: string, id: string): Promise<number> {
  const from = performance.now();
  while (performance.now() - from < GIVE_UP_MS) {
    if (has(path, id)) return performance.now() - from;
    await delay(LOOK_MS);
  }
  throw new Error(`task ${id} does not come to the history`);
}

function has(path: string, id: string): boolean {
  try {
    return reading(path, (db) => db.prepare("SELECT 1 FROM tasks WHERE task = ?").get(id) !== undefined);
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_SQLITE_ERROR") return false; // it is just being made
    throw error;
  }
}

const rowsOf = (path: string): Set<string> =>
  reading(
    path,
    (db) =>
      new Set(
        TABLES.flatMap((table) =>
          db
            .prepare(`SELECT * FROM ${table}`)
            .all()
            .map((row) => JSON.stringify([table, row])),
        ),
      ),
  );

function reading<Result>(path: string, read: (db: DatabaseSync) => Result): Result {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}
