import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { register } from "../../src/task/hosts.ts";
import { keepOutput, packOutput } from "../../src/task/kept-output.ts";
import { keys } from "../../src/task/keys.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { socketPath } from "../../workers/tmux/server.ts";
import { compileCache } from "../support/compile-cache.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";
import { startTeam } from "../support/team.ts";
import { ORCH, runOrch } from "./run-orch.ts";

const HOST = "h0a1b2c3d";

let dir: string;
let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let store: ReturnType<typeof makeTaskStore>;
let env: Record<string, string>;
let socket: string;

/** Whether the process works still: one that has ended may stay listed until somebody asks how. */
function isAlive(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 10_000);
  store = makeTaskStore(redis);
  dir = await mkdtemp(join(tmpdir(), "orch-attach-"));
  await mkdir(join(dir, "host", "tmux"), { recursive: true });
  await writeFile(join(dir, "host", "id"), `${HOST}\n`);
  socket = socketPath(join(dir, "host", "tmux"), HOST);
  env = { REDIS_URL: server.url, ORCH_DATA: dir };
});

beforeEach(() => redis.flushall());

afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const attach = (...args: string[]) => runOrch(["attach", ...args], { cwd: dir, env });

async function runningTask(commentId: number, host: string, number = 1): Promise<string> {
  const spec = makeSpec({ commentId, number, acceptedAt: 1_700_000_000_000 + commentId });
  await store.create(spec, STARTS);
  await store.advance(spec.id, { name: "claimed", host, claim: "c", job: "job-1", lane: LANE, at: Date.now() });
  return spec.id;
}

async function settledTask(commentId: number, outcome: Outcome): Promise<string> {
  const id = await runningTask(commentId, HOST);
  await store.advance(id, { name: "ended", epoch: 1, outcome, at: Date.now() });
  return id;
}

/** In a terminal of its own, as a person: resolves when the session's text is on the screen. */
async function openTerminal(command: string, text: string): Promise<ChildProcess> {
  const terminal = spawn("/usr/bin/script", ["--quiet", "--flush", "--return", "--command", command, "/dev/null"], {
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      ...compileCache,
      TERM: "xterm",
      LC_ALL: "C.UTF-8",
      TMUX: "/tmp/other,1,0",
      ...env,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>();
  let screen = "";
  terminal.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
    if (screen.includes(text)) resolve(terminal);
  });
  terminal.once("exit", () => reject(new Error(`the terminal closed without showing "${text}": ${screen}`)));
  return promise;
}

test.each([
  ["read-only", [], "1"],
  ["with --write, so that keys reach the session", ["--write"], "0"],
] as const)("shows the live session of a task %s", async (_how, options, readOnly) => {
  const id = await runningTask(501, HOST);
  const tmux = (...words: string[]) => execFileSync("tmux", ["-S", socket, ...words], { encoding: "utf8" });
  tmux("-f", "/dev/null", "new-session", "-d", "-s", id, "echo agent speaking; exec sleep 600");
  try {
    // The beginning of the id is enough.
    const words = [process.execPath, ORCH, "attach", id.slice(0, 6), ...options];
    const terminal = await openTerminal(words.map((word) => `'${word}'`).join(" "), "agent speaking");
    const ended = once(terminal, "exit");
    expect(tmux("list-clients", "-t", `=${id}`, "-F", "#{client_readonly}").trim()).toBe(readOnly);
    tmux("detach-client", "-s", `=${id}`);
    expect(await ended).toEqual([0, null]);
  } finally {
    const server = tmux("display-message", "-p", "#{pid}").trim();
    tmux("kill-server");
    // One that is still ending would take the next one's clients along.
    await expect.poll(() => isAlive(server), { timeout: 10_000, interval: 10 }).toBe(false);
  }
});

test("a team is shown as a whole by its issue, and whoever only watches goes from one node to the next", async () => {
  const { plan, taskOf } = await startTeam(
    store,
    { nodes: [{ id: "api" }], home: HOST },
    makeSpec({ commentId: 520, number: 20 }),
  );
  await taskOf("api");
  const tmux = (...words: string[]) => execFileSync("tmux", ["-S", socket, ...words], { encoding: "utf8" });
  const config = fileURLToPath(new URL("../../workers/tmux/tmux.conf", import.meta.url));
  tmux("-f", config, "new-session", "-d", "-s", `team-${plan}`, "echo the whole team; exec sleep 600");
  tmux("new-window", "-d", "-t", `=team-${plan}:`, "echo what api says; exec sleep 600");
  try {
    const words = [process.execPath, ORCH, "attach", "octo-org/calculator#20"];
    const terminal = await openTerminal(words.map((word) => `'${word}'`).join(" "), "the whole team");
    const ended = once(terminal, "exit");
    let screen = "";
    terminal.stdout?.on("data", (chunk: Buffer) => {
      screen += chunk.toString();
    });
    // As a person types: two keys within the same millisecond are a paste to tmux, which does nothing.
    terminal.stdin?.write("\u0002");
    await expect.poll(() => tmux("list-clients", "-F", "#{client_prefix}").trim(), { timeout: 10_000 }).toBe("1");
    terminal.stdin?.write("n");
    await expect.poll(() => screen, { timeout: 10_000 }).toContain("what api says");
    tmux("detach-client", "-s", `=team-${plan}`);
    expect(await ended).toEqual([0, null]);
  } finally {
    const server = tmux("display-message", "-p", "#{pid}").trim();
    tmux("kill-server");
    await expect.poll(() => isAlive(server), { timeout: 10_000, interval: 10 }).toBe(false);
  }
});

test("a task on another host: says which, and shows what it prints until it is over", async () => {
  const id = await runningTask(502, "hfffffff0");
  const info = { version: "0.1.0", pid: 1, slots: 1, sandbox: "bwrap" as const, agents: ["a"], defaultAgent: "a" };
  await register(
    redis,
    { ...info, id: "hfffffff0", place: "p1", name: "build-2", draining: false, startedAt: 1 },
    Date.now(),
  );
  const packed = await packOutput({ steps: [{ name: "agent-1", size: 10, text: "its words\n" }] });
  await keepOutput(redis, { task: id, epoch: 1 }, packed, Date.now());
  const watching = attach(id);
  const isWatched = async () => expect(await redis.exists(keys.watch(id))).toBe(1);
  await vi.waitFor(isWatched, { timeout: 20_000, interval: 20 });
  await store.advance(id, {
    name: "ended",
    epoch: 1,
    outcome: { kind: "no_changes", lastWords: "" },
    at: Date.now(),
  });
  const { code, stdout, stderr } = await watching;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("runs on the worker host build-2 (hfffffff0)");
  expect(stderr).toContain(`There: orch attach ${id}`);
  expect(stdout).toContain("its words\n");
});

test("a task that is queued has no session yet, and why it is not under way", async () => {
  const spec = makeSpec({ commentId: 503 });
  await store.create(spec, STARTS);
  const { code, stderr } = await attach(spec.id);
  expect(code).toBe(1);
  expect(stderr).toContain(`Task ${spec.id} has no session yet.\n  No worker host is connected.`);
});

test("a task between two steps has no session, and that is said", async () => {
  const { code, stderr } = await attach(await runningTask(504, HOST));
  expect(code).toBe(1);
  expect(stderr).toContain("has no session at this moment");
});

test("a settled task: its outcome, and the transcripts that are kept", async () => {
  const done = await settledTask(505, { kind: "pull_request", number: 7, url: "https://github.test/pull/7" });
  const { code, stderr } = await attach(done);
  expect(code).toBe(1);
  expect(stderr).toContain("is over after 1 run: pull request: https://github.test/pull/7");
  // What it printed is kept elsewhere than in a session.
  expect(stderr).toContain(`orch logs ${done}`);
  expect(stderr).toContain("#issuecomment-505");

  const failed = await settledTask(506, { kind: "agent_failed", reason: "crash", message: "m", lastLines: "" });
  const step = join(dir, "host", "runs", `${failed}-1`, "agent-1");
  await mkdir(step, { recursive: true });
  await writeFile(join(step, "transcript.log"), "words");
  expect((await attach(failed)).stderr).toContain(join(step, "transcript.log"));
});

test("an issue whose tasks are all over: the last one's outcome, and the earlier ones", async () => {
  const earlier = await settledTask(509, { kind: "no_changes", lastWords: "" });
  const last = await settledTask(510, { kind: "pull_request", number: 8, url: "https://github.test/pull/8" });
  const { code, stderr } = await attach("octo-org/calculator#1");
  expect(code).toBe(1);
  expect(stderr).toContain(`Task ${last} is over after 1 run: pull request: https://github.test/pull/8`);
  expect(stderr).toMatch(new RegExp(`over as well:\n  ${earlier}`));
});

test.each([["status"], ["attach", "t4mf5"]])(
  "where nothing runs, `orch %s` asks whether npm start does",
  async (...words) => {
    const quiet = { cwd: dir, env: { ORCH_DATA: join(dir, "quiet") } };
    const { code, stderr } = await runOrch(words, quiet);
    expect([code, stderr]).toEqual([1, expect.stringContaining("Is `npm start` running, with this ORCH_DATA")]);
    expect(stderr).toContain(join(dir, "quiet"));
  },
);

test("a mistyped verb is answered in a few lines, with where the verbs stand", async () => {
  const { code, stderr } = await runOrch(["statsu"], { cwd: dir, env });
  expect([code, stderr.trim().split("\n")]).toEqual([
    2,
    ["error: unknown command 'statsu'", expect.stringContaining("status"), "`orch --help` lists the verbs."],
  ]);
});

test("an error is JSON too for who asked for JSON", async () => {
  const { code, stdout } = await runOrch(["status", "--json"], { cwd: dir, env: { ORCH_DATA: join(dir, "quiet") } });
  expect([code, JSON.parse(stdout)]).toEqual([1, { error: expect.stringContaining("npm start") }]);
});

test("finds a task by its issue, asks back when several fit, and says when none does", async () => {
  const first = await runningTask(507, HOST, 3);
  expect((await attach("Octo-Org/calculator#3")).stderr).toContain(first);
  const second = await runningTask(508, HOST, 3);
  const { code, stderr } = await attach("octo-org/calculator#3");
  expect(code).toBe(1);
  expect(stderr).toContain("fits 2 tasks");
  expect(stderr).toContain(first);
  expect(stderr).toContain(second);
  for (const nobody of ["octo-org/calculator#4", "t*"]) {
    expect((await attach(nobody)).stderr).toContain("No task fits");
  }
});
