import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { converse, ProgramError, runProgram } from "../../workers/run-program.ts";

const base = { env: { PATH: "/usr/bin:/bin" }, timeoutMs: 20_000 };
const sh = (script: string, more = {}) => runProgram({ ...base, file: "/bin/sh", args: ["-c", script], ...more });
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-program-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Gone, or dead and merely not yet collected by its parent. */
async function isGone(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
  return /\) [ZX]/.test(stat);
}

test("gives exit code and both outputs as they were written", async () => {
  const finished = await sh("printf 'a\\n\\n'; printf b >&2; exit 3");
  expect(finished).toEqual({ exitCode: 3, stdout: "a\n\n", stderr: "b", timedOut: false, truncated: false });
});

test("gives the program exactly the environment that was asked for", async () => {
  process.env.ORCH_TEST_LEAK = "secret";
  const finished = await runProgram({ ...base, file: "/usr/bin/env", args: [], env: { ONLY: "this" } });
  delete process.env.ORCH_TEST_LEAK;
  expect(finished.stdout).toBe("ONLY=this\n");
});

test("passes every argument as one word that no shell ever reads", async () => {
  const finished = await runProgram({ ...base, file: "printf", args: ["%s|", "$(id)", "a b", "", "'; ls"] });
  expect(finished.stdout).toBe("$(id)|a b||'; ls|");
});

test("names the signal of a program that was killed", async () => {
  expect(await sh("kill -KILL $$")).toMatchObject({ exitCode: undefined, signal: "SIGKILL", timedOut: false });
});

test("passes input to a program, also to one that does not read it", async () => {
  expect((await sh("cat", { input: "hello" })).stdout).toBe("hello");
  expect((await sh("exit 4", { input: "x".repeat(1_000_000) })).exitCode).toBe(4);
});

test.each([
  ["a program that does not exist", { file: "/nowhere/program", args: [] }],
  ["a file that is not a program", { file: "/etc/passwd", args: [] }],
  ["a working directory that does not exist", { file: "/bin/true", args: [], cwd: "/nowhere" }],
  ["an argument with a NUL byte", { file: "/bin/true", args: ["a\0b"] }],
])("throws with its cause for %s", async (_, program) => {
  const error = await runProgram({ ...base, ...program }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProgramError);
  expect((error as Error).cause).toBeDefined();
});

test("ends a program at its time-out together with what it started, even what ignores SIGTERM", async () => {
  const finished = await sh(`trap '' TERM; sleep 1000 & echo $! >${dir}/child; wait; sleep 1000`, { timeoutMs: 200 });
  expect(finished.timedOut).toBe(true);
  const child = Number(await readFile(join(dir, "child"), "utf8"));
  await expect.poll(() => isGone(child), { timeout: 10_000 }).toBe(true);
}, 20_000);

test("does not wait for ever for a daemon that keeps the output open", async () => {
  const finished = await sh(`setsid sh -c 'echo $$ >${dir}/daemon; exec sleep 1000' & exit 0`, { timeoutMs: 300 });
  expect(finished.timedOut).toBe(true);
  process.kill(Number(await readFile(join(dir, "daemon"), "utf8")), "SIGKILL");
}, 20_000);

test("ends a program that writes more than it may, and keeps the beginning", async () => {
  const finished = await sh("yes", { maxOutputBytes: 1_000 });
  expect(finished.truncated).toBe(true);
  expect(Buffer.byteLength(finished.stdout)).toBe(1_000);
});

test("ends a program when its signal is aborted, also when that was before the start", async () => {
  const abort = new AbortController();
  const running = sh("sleep 1000", { signal: abort.signal });
  abort.abort();
  expect(await running).toMatchObject({ exitCode: undefined, signal: "SIGTERM" });
  expect(await sh("sleep 1000", { signal: AbortSignal.abort() })).toMatchObject({ exitCode: undefined });
});

test("talks with a program line by line and tells when it is gone", async () => {
  const talk = converse({ file: "/bin/cat", args: [], env: {} });
  const answer = new Promise<string>((resolve) => talk.onLine(resolve));
  talk.write("hello");
  expect(await answer).toBe("hello");
  talk.end();
  await talk.ended;
});

test("tells why a dialogue could not begin", async () => {
  expect(await converse({ file: "/nowhere/program", args: [], env: {} }).ended).toContain("ENOENT");
});
