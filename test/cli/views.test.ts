/** `orch why`, `orch tasks` and `orch status` as a person, and as a program, runs them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { beat } from "../../src/task/heartbeat.ts";
import { register } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Progress } from "../../src/task/progress.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { FORMAT } from "../../src/task/record.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { type Beginning, makeTaskStore } from "../../src/task/store.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { compileCache } from "../support/compile-cache.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";
import { ORCH, runOrch } from "./run-orch.ts";

const HOUR = 3600_000;
const NOW = Date.now();
const KEY = `ghp_${"a".repeat(36)}`;

let dir: string;
let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let env: Record<string, string>;
/** One task for each thing that can be asked for. */
const ids: Record<"running" | "queued" | "waiting" | "failed" | "done" | "newer", string> = {} as typeof ids;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 10_000);
  const store = makeTaskStore(redis);
  const queue = makeTaskQueue(redis);
  dir = await mkdtemp(join(tmpdir(), "orch-views-"));
  env = { REDIS_URL: server.url, ORCH_DATA: dir };
  const info = {
    id: "h1",
    place: "p1",
    version: "0.1.0",
    pid: 1,
    slots: 1,
    sandbox: "bwrap" as const,
    draining: false,
    startedAt: 1,
  };
  // Its beats lie ahead, so that it lives as long as the test.
  await register(redis, { ...info, name: "anvil", agents: ["scripted"], defaultAgent: "scripted" }, NOW + HOUR);

  const accept = async (
    commentId: number,
    hoursAgo: number,
    changes: Partial<TaskSpec> = {},
    begin: Beginning = STARTS,
  ) => {
    const spec = makeSpec({ commentId, acceptedAt: NOW - hoursAgo * HOUR, ...changes });
    await store.create(spec, begin);
    return spec.id;
  };
  const claim = (id: string, at: number) =>
    store.advance(id, { name: "claimed", host: "h1", claim: "c", job: `${id}-1`, lane: LANE, at });
  const end = async (id: string, outcome: Outcome, progress: Progress, at: number) => {
    await claim(id, at - 60_000);
    await store.advance(id, { name: "ended", epoch: 1, outcome, progress, at });
  };

  ids.failed = await accept(1, 5, { number: 1, instruction: `fix \u001b[31mit\u202e with ${KEY}` });
  const verification = { command: "npm test", exitCode: 1, rounds: 2, outputTail: `1 failed \u001b[2J\n${KEY}` };
  const used = { agent: "scripted", model: "m-1", inputTokens: 10, outputTokens: 5 };
  await end(ids.failed, { kind: "verify_failed", verification, lastWords: "Done." }, used, NOW - 4 * HOUR);
  ids.done = await accept(2, 3, { number: 2, repository: { id: 12, owner: "octo-org", name: "other" } });
  await end(ids.done, { kind: "pull_request", number: 9, url: "https://github.test/pull/9" }, used, NOW - 2 * HOUR);
  ids.running = await accept(3, 2, { number: 3 });
  await claim(ids.running, NOW - HOUR);
  await store.advance(ids.running, { name: "phase", epoch: 1, phase: "working", at: NOW - HOUR });
  await beat(redis, info, [{ taskId: ids.running, lastOutputAt: NOW - 30_000 }], NOW + HOUR);
  ids.queued = await accept(4, 1, { number: 4 });
  const ahead = await accept(5, 1.5, { number: 4 });
  for (const id of [ahead, ids.queued]) {
    const task = await store.read(id);
    if (task) await queue.enqueue(task);
  }
  const until = NOW + 24 * HOUR;
  const waits = [
    { for: "task" as const, task: ids.running, until },
    { for: "agent" as const, agent: "claude", until },
  ];
  ids.waiting = await accept(6, 0.5, { number: 5, agent: "claude" }, { waits });
  ids.newer = await accept(7, 0.25, { number: 6 });
  await redis.hset(keys.task(ids.newer), "record", JSON.stringify({ format: FORMAT + 1 }));
  await queue.close();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const orch = (...args: string[]) => runOrch(args, { cwd: dir, env });
const json = async (...args: string[]) => JSON.parse((await orch(...args, "--json")).stdout);

test("why: a task that waits says for what, how that stands, and how long it may", async () => {
  const { code, stdout } = await orch("why", ids.waiting);
  expect(code).toBe(0);
  expect(stdout).toContain(`It starts when task \`${ids.running}\` is over`);
  expect(stdout).toMatch(/That task's state: working on anvil for 1h/);
  expect(stdout).toContain("No connected worker host has the agent `claude`. It starts as soon as");
  expect(stdout).toContain("Connected worker hosts offer: `scripted`.");
  expect(stdout).toMatch(/it ends as timed out in (24h|23h \d+m)\./);
});

test("why: a task that is queued says how many stand before it, and how busy hosts are", async () => {
  const { code, stdout } = await orch("why", ids.queued.slice(0, 10));
  expect(code).toBe(0);
  expect(stdout).toContain("1 task is ahead of it. It starts when a slot is free for it (1 slot on 1 worker host).");
  expect(stdout).toContain("Busy slots: anvil 1/1.");
});

test("why: a task that runs says where, since when, and when its agent last said anything", async () => {
  const { code, stdout } = await orch("why", "octo-org/calculator#3");
  expect(code).toBe(0);
  expect(stdout).toContain("working on anvil for 1h");
  expect(stdout).toMatch(/last output was (\d+m )?\d+s ago/);
  expect(stdout).toMatch(/run 1: at work, on anvil, 1h/);
});

test("why: a task that is over says how, on what evidence, what to do, and by which runs", async () => {
  const { code, stdout } = await orch("why", ids.failed);
  expect(code).toBe(0);
  expect(stdout).toContain("`npm test` still fails (exit code 1) after 2 rounds");
  expect(stdout).toContain(
    "  Output of the verify command\n    | 1 failed\n    | [redacted]\n  End of the agent's output\n    | Done.",
  );
  expect(stdout).toContain("Next: Look at the output above");
  expect(stdout).toContain("run 1: verification failed, on anvil, scripted m-1, 1m");
  expect(stdout).toContain("Used: 10 tokens in, 5 tokens out, cost unknown, in 1 run");
  expect(stdout).toContain("#issuecomment-1");
});

test("why: of a record that says nothing, that is the answer, with what to do", async () => {
  const { code, stdout } = await orch("why", ids.newer);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/newer than this Orch.*upgrade this one/s)]);
  expect(await json("why", ids.newer)).toEqual({ task: { id: ids.newer }, inDoubt: "newer" });
});

test("why: no task fits, or several do", async () => {
  for (const nobody of ["octo-org/calculator#77", "t*", "taaaaaaaaaaaaaaa"]) {
    const { code, stdout, stderr } = await orch("why", nobody);
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringContaining("`orch tasks --all` lists")]);
  }
  const { code, stderr } = await orch("why", "octo-org/calculator#4");
  expect([code, stderr]).toEqual([1, expect.stringMatching(/fits 2 tasks; name one of them:\n {2}t/)]);
  expect(await json("why", "t*")).toEqual({ error: expect.stringContaining("No task fits") });
});

test("why, for a program: the view, on one line", async () => {
  const { stdout } = await orch("why", ids.failed, "--json");
  expect(stdout.trimEnd()).not.toContain("\n");
  expect(JSON.parse(stdout)).toMatchObject({
    state: "settled",
    task: { id: ids.failed, repository: "octo-org/calculator", outcome: "verify_failed" },
    outcome: { kind: "verify_failed", verification: { command: "npm test", exitCode: 1, rounds: 2 } },
    evidence: [{ what: "check_output" }, { what: "last_words", text: "Done." }],
    runs: [{ number: 1, end: "verify_failed", inputTokens: 10 }],
    spent: { runs: 1, inputTokens: { known: 10, unknown: 0 }, costUsd: { unknown: 1 } },
  });
});

test("tasks, piped: tabs, whole fields, ISO times, no heading; open ones, newest first", async () => {
  const { code, stdout } = await orch("tasks");
  expect(code).toBe(0);
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  expect(rows.map(([id]) => id)).toEqual([ids.waiting, ids.queued, expect.any(String), ids.running]);
  expect(rows.at(-1)).toEqual([
    ids.running,
    "octo-org/calculator#3",
    "working",
    "scripted",
    new Date(NOW - HOUR).toISOString(),
    "fix the failing tests",
  ]);
});

test("tasks: those that are over come after, where they are asked for", async () => {
  const of = async (...args: string[]) => (await json("tasks", ...args)).tasks.map(({ id }: { id: string }) => id);
  expect((await of("--all")).slice(-2)).toEqual([ids.done, ids.failed]);
  expect(await of("--state", "settled")).toEqual([ids.done, ids.failed]);
  expect(await of("--state", "verify_failed")).toEqual([ids.failed]);
  expect(await of("--state", "waiting")).toEqual([ids.waiting]);
  expect(await of("--all", "--repo", "Octo-Org/other")).toEqual([ids.done]);
  expect(await of("--agent", "claude")).toEqual([ids.waiting]);
  expect(await of("--all", "--limit", "1")).toEqual([ids.waiting]);
});

test("tasks: a list that is cut says so; an empty one is no failure", async () => {
  const cut = await orch("tasks", "--limit", "1");
  expect([cut.code, cut.stderr]).toEqual([0, expect.stringContaining("There are more")]);
  expect(await json("tasks", "--limit", "1")).toMatchObject({ more: true });
  const none = await orch("tasks", "--repo", "octo-org/none");
  expect([none.code, none.stdout, none.stderr]).toEqual([0, "", expect.stringContaining("orch tasks --all")]);
});

test.each([
  [["--state", "lost"], "--state takes one of: running, queued, waiting, settled, pull_request"],
  [["--repo", "calculator"], "--repo takes owner/name"],
  [["--limit", "0"], "--limit takes a number from 1"],
  [["--limit", "many"], "--limit takes a number from 1"],
  [["--colour"], "unknown option '--colour'"],
])("tasks %j is asked wrongly: exit code 2, and what it takes", async (args, said) => {
  const { code, stderr } = await orch("tasks", ...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  const asJson = await orch("tasks", ...args, "--json");
  expect([asJson.code, JSON.parse(asJson.stdout)]).toEqual([2, { error: expect.stringContaining(said) }]);
});

test("on a terminal: a heading, times as people say them, rows cut to its width, no colours", async () => {
  const command = `stty cols 90; '${process.execPath}' '${ORCH}' tasks --all 2>/dev/null`;
  const terminal = spawn("/usr/bin/script", ["--quiet", "--flush", "--return", "--command", command, "/dev/null"], {
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      ...compileCache,
      TERM: "xterm",
      LC_ALL: "C.UTF-8",
      FORCE_COLOR: "1",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let screen = "";
  terminal.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
  });
  expect(await once(terminal, "close")).toEqual([0, null]);
  const lines = screen.trimEnd().split("\r\n");
  expect(lines[0]).toMatch(/^TASK +WHERE +STATE +AGENT +FOR +REQUEST$/);
  expect(lines.find((line) => line.startsWith(ids.running))).toMatch(/ {2}working +scripted +1h( \d+m)? +fix/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(90);
  expect(lines.some((line) => line.endsWith("…"))).toBe(true);
  expect(screen).not.toContain("\u001b");
});

test("nothing that somebody wrote reaches a terminal or a program as an escape or a credential", async () => {
  for (const args of [["why", ids.failed], ["tasks", "--all"], ["status"]])
    for (const more of [[], ["--json"]]) {
      const { stdout } = await orch(...args, ...more);
      expect(stdout).toContain("[redacted]");
      for (const hidden of ["\u001b", "\\u001b", "\u202e", "ghp_"]) expect(stdout).not.toContain(hidden);
    }
});

test("status: who needs you, hosts with busy slots, and what holds up each task, in the same words as why", async () => {
  const { code, stdout } = await orch("status");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Needs you \(4\)/);
  expect(stdout).toMatch(/octo-org\/calculator#1 \(task `\w+`\) verification failed 4h( \d+m)? ago/);
  expect(stdout).toMatch(/1 task waits for a worker host with the agent `claude`, for 3\dm/);
  expect(stdout).toContain("h1  anvil  alive  1/1 slots busy · sandbox bwrap · scripted");
  const sentence = `It starts when task \`${ids.running}\` is over: both work on this pull request's branch, one after the other.`;
  expect(stdout).toContain(sentence);
  expect((await orch("why", ids.waiting)).stdout).toContain(sentence);
  const said = await json("status");
  expect(said.needsMe.map(({ kind }: { kind: string }) => kind)).toEqual([
    "in_doubt",
    "verify_failed",
    "no_agent",
    "to_review",
  ]);
  expect(said.hosts).toMatchObject([{ id: "h1", pid: 1, busy: 1, runs: [{ task: ids.running, phase: "working" }] }]);
  expect(said.tasks.map(({ id }: { id: string }) => id)).toContain(ids.queued);
  expect(said.queue).toEqual({ waiting: 2, active: 0, lanes: { "orch-agent-scripted": { waiting: 2, active: 0 } } });
});

/** Fields of what is described as a whole: not each of theirs is told. */
const WHOLE = ["outcome", "pushed", "cancel", "verification", "start", "inDoubt", "kept", "queue", "hosts"];

function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...(WHOLE.includes(name) ? [] : fieldsOf(inner))]);
}

test("every field that a program reads is documented", async () => {
  const section = readFileSync("docs/operations.md", "utf8")
    .split(/^## /m)
    .find((part) => part.startsWith("Asking how"));
  const documented = new Set([...(section ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const asked = [["status"], ["tasks", "--all"], ...Object.values(ids).map((id) => ["why", id])];
  const fields = new Set((await Promise.all(asked.map((words) => json(...words)))).flatMap(fieldsOf));
  expect(fields.size).toBeGreaterThan(40);
  expect([...fields].filter((name) => !documented.has(name))).toEqual([]);
});

test("status: what GitHub takes of each installation, and which tasks it takes no word of", async () => {
  const now = Date.now();
  const rest = { at: now, limit: 5_000, remaining: 4_321, resetAt: now + HOUR, heldUntil: now + 90_000 };
  await redis.sadd(keys.budgets, 21);
  await redis.hset(keys.budget(21), rest);
  await redis.zadd(keys.content(21), now, "a", now - HOUR / 2, "b");
  const stalled = { why: "archived", since: now - 2 * HOUR, looks: 3 };
  await makeTaskStore(redis).remember(ids.done, { stalled });
  const { stdout } = await orch("status");
  expect(stdout).toContain("Not told on GitHub (1 task)");
  expect(stdout).toContain(`${ids.done} octo-org/other#2: the repository is archived, for 2h`);
  expect(stdout).toMatch(
    /Installation 21: 4,321 of 5,000 requests left for (1h|59m \d+s) · comments and pull requests: 1 of 60 in the last minute, 2 of 450 in the last hour · GitHub asks us to wait another 1m \d+s/,
  );
  const said = await json("status");
  expect(said.github).toEqual([{ installationId: 21, rest, minute: expect.any(Number), hour: 2 }]);
  expect(said.notTold).toEqual([{ task: ids.done, ...stalled }]);
});
