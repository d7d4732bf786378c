/** Tasks whose record is in doubt are told of wherever an operator looks, in one sentence each with what to do. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkRedis } from "../../cli/doctor/redis.ts";
import { healthRoutes } from "../../src/health.ts";
import { readHosts, register } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { FORMAT } from "../../src/task/record.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { createRunFolder } from "../../workers/run/run-folder.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { makeSpec, STARTS } from "../support/task-spec.ts";
import { runOrch } from "./run-orch.ts";

const LOST = "tbbbbbbbbbbbbbbb";
const [newer, broken] = [makeSpec({ commentId: 1 }), makeSpec({ commentId: 2 })];

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let dir: string;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  dir = await mkdtemp(join(tmpdir(), "orch-doubt-"));
  const store = makeTaskStore(redis);
  for (const [spec, record] of [
    [newer, JSON.stringify({ format: FORMAT + 1 })],
    [broken, "{half"],
  ] as const) {
    await store.create(spec, STARTS);
    await redis.hset(keys.task(spec.id), "record", record);
  }
  const host = { id: "h1", place: "p1", name: "anvil", version: "0.1.0", pid: 1, slots: 1, sandbox: "bwrap" as const };
  const rest = { agents: ["a"], defaultAgent: "a", draining: false, startedAt: 1 };
  await register(redis, { ...host, ...rest, inDoubt: [{ task: LOST, doubt: "absent" }] }, Date.now());
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const sentences = [
  /no record in Redis: 1.*a bot puts back the record/s,
  /newer than this Orch: 1.*upgrade this one/s,
  /cannot be read: 1.*restore what stands there/s,
];

test("orch status says how many, which, and where their work lies on this machine; not of work whose end is known", async () => {
  const runs = join(dir, "host", "runs");
  const record = { taskId: LOST, epoch: 2, jobId: "j", slot: 0, startedAt: 1, steps: [] };
  createRunFolder(runs, record);
  createRunFolder(runs, { ...record, taskId: "tccccccccccccccc", end: "told" });
  const env = { REDIS_URL: server.url, ORCH_DATA: dir };
  const { stdout } = await runOrch(["status"], { cwd: dir, env });
  for (const sentence of sentences) expect(stdout).toMatch(sentence);
  expect(stdout).toContain(join(dir, "host", "workspaces", LOST));
  const { kept, inDoubt } = JSON.parse((await runOrch(["status", "--json"], { cwd: dir, env })).stdout) as object & {
    kept: unknown;
    inDoubt: unknown;
  };
  expect(inDoubt).toEqual({ [LOST]: "absent", [newer.id]: "newer", [broken.id]: "unreadable" });
  expect(kept).toEqual([
    {
      task: LOST,
      record: "absent",
      folder: join(runs, `${LOST}-2`),
      workspace: join(dir, "host", "workspaces", LOST),
    },
  ]);
});

test("orch doctor has a problem for each kind, with what to do", async () => {
  const checks = (await checkRedis({ REDIS_URL: server.url }, false)).filter(({ name }) => name === "Records");
  expect(checks).toHaveLength(3);
  for (const [index, { status, detail, remedy }] of checks.entries())
    expect([status, `${detail} ${remedy}`]).toEqual(["problem", expect.stringMatching(sentences[index] ?? "")]);
});

test("/readyz has a sentence for each kind, and the bot is ready all the same", async () => {
  const store = makeTaskStore(redis, () => undefined);
  const hosts = () => readHosts(redis, Date.now());
  const fit = { isFit: () => true, problems: () => [] };
  const queue = { depth: async () => ({ waiting: 0, active: 0 }) };
  const inbox = { issues: { size: async () => 0 } };
  const routes = healthRoutes({ redis, store, hosts, gate: fit, queue, inbox } as never);
  const { status, body } = (await routes[1]?.answer({} as never)) ?? {};
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({ ready: true, inDoubt: sentences.map((each) => expect.stringMatching(each)) }),
  ]);
});
