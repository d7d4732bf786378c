/** Whatever stands in a folder that another user may write in, looking at it ends soon, reads little and follows nothing. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { namesIn, readUntrusted } from "../../../workers/network/read-untrusted.ts";
import { runProgram } from "../../../workers/run-program.ts";

const PROGRAM = join(import.meta.dirname, "../../../workers/network/read-untrusted.ts");

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-read-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

test("a file is read, and of a long one only its beginning", () => {
  const path = join(dir, "file");
  writeFileSync(path, "short");
  expect(readUntrusted(path)).toBe("short");
  writeFileSync(path, "x".repeat(300 * 1024));
  expect(readUntrusted(path)).toBe("x".repeat(256 * 1024));
});

test("what is not there, or is no file, is empty", async () => {
  expect(readUntrusted(join(dir, "none"))).toBe("");
  mkdirSync(join(dir, "folder"));
  expect(readUntrusted(join(dir, "folder"))).toBe("");
  const socket = createServer().listen(join(dir, "socket"));
  await once(socket, "listening");
  expect(readUntrusted(join(dir, "socket"))).toBe("");
  socket.close();
});

test("a link is not followed, wherever it leads", () => {
  writeFileSync(join(dir, "elsewhere"), "secret");
  symlinkSync(join(dir, "elsewhere"), join(dir, "link"));
  symlinkSync("/dev/zero", join(dir, "endless"));
  expect([readUntrusted(join(dir, "link")), readUntrusted(join(dir, "endless"))]).toEqual(["", ""]);
});

test("nobody is waited for who might write into a FIFO", async () => {
  const fifo = join(dir, "fifo");
  const env = { PATH: "/usr/bin:/bin" };
  await runProgram({ file: "mkfifo", args: [fifo], env, timeoutMs: 10_000 });
  // In a process of its own: one that waits there can only be ended from outside.
  const script = `import { readUntrusted } from ${JSON.stringify(PROGRAM)}; console.log([readUntrusted(${JSON.stringify(fifo)})])`;
  const args = ["--input-type=module", "-e", script];
  const read = await runProgram({ file: process.execPath, args, env, timeoutMs: 10_000 });
  expect(read).toMatchObject({ timedOut: false, exitCode: 0, stdout: "[ '' ]\n" });
});

test("a folder that is not there holds nothing; what else is wrong with it, or with a file, is told", () => {
  writeFileSync(join(dir, "file"), "");
  expect(namesIn(dir)).toEqual(["file"]);
  expect(namesIn(join(dir, "none"))).toEqual([]);
  expect(() => namesIn(join(dir, "file"))).toThrow("ENOTDIR");
  expect(() => readUntrusted(join(dir, "file", "x"))).toThrow("ENOTDIR");
});

test("nothing stays open of what was read, be it no file", () => {
  writeFileSync(join(dir, "file"), "text");
  const open = () => readdirSync("/proc/self/fd").length;
  const before = open();
  for (let time = 0; time < 20; time++) for (const path of [dir, join(dir, "file")]) readUntrusted(path);
  expect(open()).toBeLessThan(before + 20);
});
