/** `orch gc` on a machine with leftovers of each kind, and with what looks like one and is needed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type GcResult, gc } from "../../cli/gc.ts";
import { beat } from "../../src/task/heartbeat.ts";
import { register } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { writeCheckpoint } from "../../workers/checkpoints/checkpoint-store.ts";
import { holdLock } from "../../workers/host-lock.ts";
import { placeOfFile } from "../../workers/only-one.ts";
import { createRunFolder } from "../../workers/run/run-folder.ts";
import type { RunRecord } from "../../workers/run/run-record.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";
import { inProcess } from "./in-process.ts";

const HOST = "h0a1b2c3d";
const DAY_MS = 24 * 3600_000;
const LONG_AGO = Date.now() - 30 * DAY_MS;

let server: ConnectedRedis;
let store: TaskStore;
let dir: string;
let comment = 0;

beforeAll(async () => {
  server = await startConnectedRedis();
  store = makeTaskStore(server.redis);
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.redis.flushall();
  dir = mkdtempSync(join(tmpdir(), "orch-gc-"));
  for (const name of ["runs", "workspaces", "sessions", "checkpoints", "talk", "tmux", "mirrors"])
    mkdirSync(join(dir, "host", name), { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, "host", "id"), `${HOST}\n`);
  writeFileSync(join(dir, "orch.yml"), 'defaultAgent: a\nagents:\n  a:\n    kind: plain\n    command: ["true"]\n');
  return () => {
    for (const id of [HOST, "hffffffff"]) tmux(id, "kill-server");
    rmSync(dir, { recursive: true, force: true });
  };
});

const env = () => ({ REDIS_URL: server.url, ORCH_DATA: dir, ORCH_CONFIG: join(dir, "orch.yml") });
const tmux = (id: string, ...words: string[]) =>
  spawnSync("tmux", ["-S", join(dir, "host", "tmux", `orch-${id}`), "-f", "/dev/null", ...words], { encoding: "utf8" });
const path = (...names: string[]) => join(dir, "host", ...names);
const age = (file: string) => utimesSync(file, LONG_AGO / 1_000, LONG_AGO / 1_000);

async function collected(options: { dryRun?: boolean; force?: boolean } = {}): Promise<GcResult & { code: number }> {
  const { code, stdout, stderr } = await inProcess(() => gc(env(), { ...options, json: true }));
  expect(stderr).toBe("");
  return { code: code ?? -1, ...JSON.parse(stdout) };
}

const fates = ({ leftovers }: GcResult) => leftovers.map(({ kind, name, fate }) => `${fate} ${kind} ${name}`);

/** `state`: as what it stands in its record. */
async function task(
  state: "settled" | "running" | "waiting",
  changes: Partial<TaskSpec> = {},
  host = HOST,
): Promise<string> {
  comment += 1;
  const spec = makeSpec({ commentId: comment, number: comment, acceptedAt: LONG_AGO, ...changes });
  const until = Date.now() + DAY_MS;
  await store.create(spec, state === "waiting" ? { waits: [{ for: "agent", agent: "claude", until }] } : STARTS);
  if (state === "waiting") return spec.id;
  const at = LONG_AGO;
  await store.advance(spec.id, { name: "claimed", host, claim: "c", job: "j", lane: LANE, at });
  if (state === "settled")
    await store.advance(spec.id, { name: "ended", epoch: 1, outcome: { kind: "host_error", message: "x" }, at });
  return spec.id;
}

function runFolder(taskId: string, changes: Partial<RunRecord> = {}): void {
  createRunFolder(path("runs"), {
    ...{ taskId, epoch: 1, jobId: "j", slot: 0, startedAt: LONG_AGO, steps: [] },
    ...changes,
  });
}
const workspace = (taskId: string) => void mkdirSync(path("workspaces", taskId));
function keptSession(taskId: string): void {
  mkdirSync(path("sessions", taskId));
  age(path("sessions", taskId));
}
function checkpoint(taskId: string, until: number): void {
  mkdirSync(path("checkpoints", `${taskId}.git`));
  const sha = "a".repeat(40);
  const refs = { branch: "b", baseSha: sha, head: sha, all: sha };
  const counts = { takenAt: LONG_AGO, tookMs: 1, until, commits: 1, files: 1, elsewhere: 0 };
  writeCheckpoint(dir, { taskId, repositoryId: 11, ...refs, ...counts });
}

test("what is over goes: sessions, processes, runs, workspaces, checkpoints, kept sessions, torn files, sockets, beats", async () => {
  const [one, told, kept, silent] = [await task("settled"), await task("settled"), await task("settled"), "h11111111"];
  tmux(HOST, "new-session", "-d", "-s", one, "sleep", "600");
  workspace(one);
  runFolder(told, { end: "told" });
  workspace(told);
  checkpoint(kept, LONG_AGO);
  keptSession(kept);
  mkdirSync(path("talk", `${told}-9`));
  mkdirSync(path("mirrors", "7.git.new-x"));
  age(path("mirrors", "7.git.new-x"));
  tmux("hffffffff", "new-session", "-d", "-s", "x");
  tmux("hffffffff", "kill-session", "-t", "x"); // the server ends, its socket stays
  const info = { id: HOST, place: placeOfFile(path("id")) };
  await beat(server.redis, info, [{ taskId: one, lastOutputAt: 1 }], LONG_AGO);
  await server.redis.zadd(keys.heartbeats, LONG_AGO - 5 * DAY_MS, `host:${silent}`);

  const expected = [
    `session ${one}`,
    `run ${told}`,
    `run ${one}`,
    `checkpoint ${kept}`,
    `kept_session ${kept}`,
    "mirror host/mirrors/7.git.new-x",
    `folder host/talk/${told}-9`,
    "socket hffffffff",
    `beat ${one}`,
    `host ${silent}`,
  ];
  const dry = await collected({ dryRun: true });
  expect(fates(dry)).toEqual(expect.arrayContaining(expected.map((each) => `found ${each}`)));
  expect(tmux(HOST, "has-session", "-t", `=${one}`).status).toBe(0);
  expect(existsSync(path("workspaces", told))).toBe(true);

  const done = await collected();
  expect(done).toMatchObject({ code: 0, host: HOST, dryRun: false, beside: false });
  expect(fates(done)).toEqual(expect.arrayContaining(expected.map((each) => `removed ${each}`)));
  expect(tmux(HOST, "has-session", "-t", `=${one}`).status).not.toBe(0);
  for (const gone of [path("workspaces", one), path("workspaces", told), path("runs", `${told}-1`)])
    expect(existsSync(gone)).toBe(false);
  expect(fates(await collected())).toEqual([]);
});

test.each([{ force: false }, { force: true }])(
  "what is at work, parked, or in doubt stays, also of a record that is gone (%o)",
  async ({ force }) => {
    const [running, parked, unseen] = [await task("running"), await task("waiting"), await task("settled")];
    const gone = makeSpec({ commentId: 9_999 }).id;
    tmux(HOST, "new-session", "-d", "-s", running, "sleep", "600");
    for (const id of [unseen, gone]) tmux(HOST, "new-session", "-d", "-s", id, "sleep", "600");
    runFolder(running);
    runFolder(parked, { epoch: 0, end: "told", paused: { workedMs: 1 } });
    runFolder(unseen, { startedAt: Date.now() });
    for (const id of [running, parked, unseen, gone]) workspace(id);
    for (const id of [running, parked]) {
      keptSession(id);
      checkpoint(id, LONG_AGO);
    }
    checkpoint(gone, LONG_AGO);
    const { leftovers, code } = await collected({ force });
    expect(leftovers.filter(({ fate }) => fate !== "kept")).toEqual([]);
    expect(code).toBe(0);
    for (const id of [running, unseen, gone]) expect(tmux(HOST, "has-session", "-t", `=${id}`).status).toBe(0);
    for (const id of [running, parked, unseen, gone]) expect(existsSync(path("workspaces", id))).toBe(true);
    for (const id of [running, parked]) expect(existsSync(path("sessions", id))).toBe(true);
    for (const id of [running, parked, gone]) expect(existsSync(path("checkpoints", `${id}.git`))).toBe(true);
  },
);

test("what is kept for people goes before its time by --force alone, and never what an open task may go on from", async () => {
  const [failed, before] = [await task("settled"), await task("settled")];
  const later = Date.now() + DAY_MS;
  for (const id of [failed, before]) {
    runFolder(id, { end: "told", startedAt: Date.now() });
    workspace(id);
    checkpoint(id, later);
    mkdirSync(path("sessions", id));
  }
  await task("waiting", { retries: before });
  expect(fates(await collected())).toEqual([]);
  const forced = fates(await collected({ force: true }));
  expect(forced).toEqual(
    expect.arrayContaining([`removed run ${failed}`, `removed checkpoint ${failed}`, `removed kept_session ${failed}`]),
  );
  expect(forced.filter((fate) => fate.includes(before) && !fate.startsWith("kept"))).toEqual([]);
  expect(existsSync(path("checkpoints", `${before}.git`))).toBe(true);
});

test("programs that outlived their run end, if its record says that it is over and was here", async () => {
  const [over, running, elsewhere] = [await task("settled"), await task("running"), await task("settled", {}, "h2")];
  const started = [over, running, elsewhere].map((id) =>
    spawn("sleep", ["600"], { env: { PATH: process.env.PATH, ORCH_RUN: id }, stdio: "ignore" }),
  );
  try {
    const ended = once(started[0] as ChildProcess, "exit");
    expect(fates(await collected())).toEqual([`removed process ${over}`]);
    await ended;
    expect(started.slice(1).map(({ exitCode, signalCode }) => [exitCode, signalCode])).toEqual([
      [null, null],
      [null, null],
    ]);
  } finally {
    for (const each of started) each.kill("SIGKILL");
  }
});

const pidsHere = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].find((mount) => {
  try {
    accessSync(join(mount, "cgroup.procs"), constants.W_OK);
    return true;
  } catch {
    return false; // not this user's to use
  }
});

test.skipIf(pidsHere === undefined)("a control group goes with what runs in it, once its task is over", async () => {
  const [over, running] = [await task("settled"), await task("running")];
  const parent = join(pidsHere ?? "", `orch-${HOST}`);
  const groups = [over, running].map((id) => join(parent, `${id}-1-agent-1`));
  const started = groups.map((group) => {
    mkdirSync(group, { recursive: true });
    const child = spawn("sleep", ["600"], { stdio: "ignore" });
    writeFileSync(join(group, "cgroup.procs"), String(child.pid));
    return child;
  });
  try {
    const ended = once(started[0] as ChildProcess, "exit");
    expect(fates(await collected())).toEqual([`removed group ${over}-1-agent-1`]);
    await ended;
    expect(groups.map((group) => existsSync(group))).toEqual([false, true]);
    expect(started[1]?.signalCode).toBeNull();
  } finally {
    const gone = started.filter(({ signalCode }) => signalCode === null).map((each) => once(each, "exit"));
    for (const each of started) each.kill("SIGKILL");
    await Promise.all(gone);
    for (const folder of [groups[1] ?? "", parent]) await vi.waitFor(() => rmdirSync(folder), { timeout: 5_000 });
  }
});

test("what a host of another id left running here goes task by task, and its server once nothing is left in it", async () => {
  const [over, running] = [await task("settled"), await task("running")];
  for (const id of [over, running]) tmux("hffffffff", "new-session", "-d", "-s", id, "sleep", "600");
  expect(fates(await collected())).toEqual([`removed session ${over}`]);
  expect(tmux("hffffffff", "has-session", "-t", `=${running}`).status).toBe(0);
  const outcome = { kind: "host_error" as const, message: "x" };
  await store.advance(running, { name: "ended", epoch: 1, outcome, at: Date.now() });
  expect(fates(await collected())).toEqual([`removed session ${running}`, "removed socket hffffffff"]);
  expect(existsSync(path("tmux", "orch-hffffffff"))).toBe(false);
});

test("beside a host at work only what is over goes, and no file that may be its own", async () => {
  const [over, elsewhere] = [await task("settled"), await task("running")];
  for (const id of [over, elsewhere]) workspace(id);
  await store.advance(elsewhere, { name: "claimed", host: "h2", claim: "d", job: "j", lane: LANE, at: Date.now() });
  mkdirSync(path("talk", "tnew-1"));
  const lock = await holdLock(path("lock"), "taken");
  try {
    const done = await collected();
    expect(done.beside).toBe(true);
    expect(fates(done).sort()).toEqual([`kept run ${elsewhere}`, `removed run ${over}`]);
    expect(existsSync(path("talk", "tnew-1"))).toBe(true);
  } finally {
    await lock.release();
  }
});

test("without a host of its own, or with a copy of another's folder, nothing is removed", async () => {
  const over = await task("settled");
  workspace(over);
  const info = { version: "0.1.0", pid: 1, slots: 1, sandbox: "bwrap" as const, agents: ["a"], defaultAgent: "a" };
  const host = { ...info, id: HOST, place: "elsewhere", name: "anvil", draining: false, startedAt: 1 };
  await register(server.redis, host, Date.now());
  const copied = await inProcess(() => gc(env(), {}));
  expect(copied).toMatchObject({ code: 1, stderr: expect.stringContaining("is a copy of the data folder of") });
  rmSync(path("id"));
  const none = await inProcess(() => gc(env(), { force: true }));
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("without its id") });
  expect(existsSync(path("workspaces", over))).toBe(true);
});

test("another user's folder is not theirs to clean: exit code 4", async () => {
  vi.spyOn(process, "getuid").mockReturnValue(12_345);
  expect(await inProcess(() => gc(env(), {}))).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("belongs to another user"),
  });
});

test("for a person it counts by kind, and says what a host at work keeps to itself", async () => {
  workspace(await task("settled"));
  const said = await inProcess(() => gc(env(), { dryRun: true }));
  expect(said.stdout).toBe("Would be removed:\n  1 old run with its workspace\n");
  expect((await inProcess(() => gc(env(), {}))).stdout).toBe("Removed, and gone:\n  1 old run with its workspace\n");
  expect((await inProcess(() => gc(env(), {}))).stdout).toBe("Nothing is left over.\n");
});
