/** The history at the command line: `orch stats` tells of it, `orch forget` takes an issue out of it and out of Redis. */
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { historyFileOf } from "../../src/data-dir.ts";
import { makeHistory } from "../../src/history/history.ts";
import { catchUp } from "../../src/history/keep-history.ts";
import { keys } from "../../src/task/keys.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { claimedBy, makeSpec, STARTS } from "../support/task-spec.ts";
import { runOrch } from "./run-orch.ts";

let server: ConnectedRedis;
let store: TaskStore;
let dir: string;

beforeAll(async () => {
  server = await startConnectedRedis();
  store = makeTaskStore(server.redis);
  dir = await mkdtemp(join(tmpdir(), "orch-history-"));
});
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

const run = (...args: string[]) => runOrch(args, { cwd: dir, env: { REDIS_URL: server.url, ORCH_DATA: dir } });

async function write(): Promise<void> {
  const history = makeHistory(historyFileOf(dir));
  await catchUp({ redis: server.redis, store, history, now: Date.now, log: pino({ level: "silent" }) });
  await history.close();
}

async function settle(commentId: number, number: number): Promise<string> {
  const at = Date.now();
  const spec = makeSpec({ commentId, number, requestedAt: at, acceptedAt: at });
  await store.create(spec, STARTS);
  await store.advance(spec.id, claimedBy("h1", at));
  const progress = { agent: "scripted", model: "m1", costUsd: 0.25 };
  const outcome = { kind: "pull_request" as const, number: 7, url: "https://github.test/pull/7" };
  await store.advance(spec.id, { name: "ended", epoch: 1, outcome, progress, at: at + 60_000 });
  return spec.id;
}

async function report(): Promise<void> {
  for (const taken of await store.reports.take(Date.now() + 3600_000, 100)) {
    const task = await store.read(taken.member);
    if (task) await store.markReported(task, taken);
  }
}

test("orch stats says that there is no history, then what came of tasks, then nothing of what was forgotten", async () => {
  expect(await run("stats")).toMatchObject({ code: 1, stderr: expect.stringContaining("ORCH_HISTORY") });
  const [id] = [await settle(1, 1), await settle(2, 2)];
  await write();
  const said = await run("stats", "--by", "agent,model");
  expect(said).toMatchObject({ code: 0, stderr: expect.stringContaining("Recoveries: 0") });
  expect(said.stdout.split("\n")[0]).toBe("group\tscripted\tm1\t2\t0 (0–57 %)\t-\t$0.50\t-\t1m / 1m\t0s / 0s\t-");
  expect(JSON.parse((await run("stats", "--json")).stdout)).toMatchObject({ groups: [{ tasks: 2, costUsd: 0.5 }] });
  expect(await run("stats", "--by", "weather")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("repository"),
  });
  expect(await run("stats", "--since", "ever")).toMatchObject({ code: 2, stderr: expect.stringContaining("30d") });

  const issue = "octo-org/calculator#1";
  expect(await run("forget", "calculator")).toMatchObject({ code: 2 });
  expect(await run("forget", issue, "--yes")).toMatchObject({ code: 1, stderr: expect.stringContaining(id) });
  await report();
  await server.redis.hset(keys.offers, `${id}/h1`, "what a host knew of it", "tother/h1", "of another one");
  writeFileSync(`${historyFileOf(dir)}.unreadable`, "of which nobody can say what stands in it");
  expect(await run("forget", issue)).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(await run("forget", issue, "--yes")).toMatchObject({ code: 0, stdout: `Forgotten: ${issue}, 1 task.\n` });
  expect(await server.redis.keys(`*${id}*`)).toEqual([]);
  expect(await server.redis.hkeys(keys.offers)).toEqual(["tother/h1"]);
  expect(existsSync(`${historyFileOf(dir)}.unreadable`)).toBe(false);
  expect(await store.idsOfIssue(11, 1)).toEqual([]);
  expect(await server.redis.zrange(keys.conversation(11, 1), "0", "-1")).toEqual([]);
  expect(JSON.parse((await run("stats", "--json")).stdout)).toMatchObject({ groups: [{ tasks: 1 }] });
  await write();
  expect(JSON.parse((await run("stats", "--json")).stdout)).toMatchObject({ groups: [{ tasks: 1 }] });
  expect(await run("forget", issue, "--yes")).toMatchObject({ code: 1, stderr: `Nothing is kept of ${issue}.\n` });
});
