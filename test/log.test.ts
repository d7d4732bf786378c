import { execa } from "execa";
import { expect, test } from "vitest";
import { atOnce } from "../src/log.ts";
import { traceIdOf } from "../src/task/trace.ts";

test("what is logged in one turn is written in one go, in order, and what comes later later", async () => {
  const written: string[] = [];
  const out = atOnce({ write: (text: string) => void written.push(text) });
  out.write("one\n");
  out.write("two\n");
  expect(written).toEqual([]);
  await new Promise(setImmediate);
  expect(written).toEqual(["one\ntwo\n"]);
  out.write("three\n");
  await new Promise(setImmediate);
  expect(written).toEqual(["one\ntwo\n", "three\n"]);
});

/** The lines that a program wrote which logs and then ends that way. */
async function linesOf(end: string): Promise<string[]> {
  const program = `import { makeLog } from "${new URL("../src/log.ts", import.meta.url)}";
const log = makeLog("info", "test");
for (let count = 1; count <= 3; count++) log.info({ count }, "a fact");
log.fatal("the end");
${end}`;
  const args = ["--input-type=module", "--eval", program];
  const { stdout } = await execa(process.execPath, args, { reject: false });
  return stdout.split("\n").map((line) => JSON.parse(line).msg);
}

test.each([
  ["ends by itself", ""],
  ["leaves at once", "process.exit(78);"],
  ["fails with an error that nobody caught", 'throw new Error("uncaught");'],
  ["fails with a promise that nobody caught", 'await Promise.reject(new Error("uncaught"));'],
])("no line is lost when the program %s", async (_, end) => {
  expect(await linesOf(end)).toEqual(["a fact", "a fact", "a fact", "the end"]);
});

test.each([
  ["the headers of a failed request", `err: failed`],
  ["an error under its other name", `error: failed`],
  ["an error that is none any more", `err: { request }`],
  ["a request", "request"],
  ["headers", "headers: request.headers"],
  ["a token that is logged by its name", `token: "ghs_1"`],
])("a token in %s is blanked", async (_, logged) => {
  const program = `import { makeLog } from "${new URL("../src/log.ts", import.meta.url)}";
const log = makeLog("info", "test");
const request = { method: "GET", headers: { accept: "json", authorization: "token ghs_1" } };
const failed = Object.assign(new Error("x"), { request });
log.error({ ${logged} }, "it failed");
if (request.headers.authorization !== "token ghs_1") throw new Error("what is logged was changed");`;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program]);
  expect(stdout).not.toContain("ghs_1");
  expect(stdout).toContain("***");
});

test("an error that stands among its own errors, as Redis makes of a transaction that it refuses, is one line", async () => {
  const program = `import { makeLog } from "${new URL("../src/log.ts", import.meta.url)}";
const error = Object.assign(new Error("EXECABORT"), { command: { name: "exec", args: ["the-password"] } });
error.previousErrors = [error, new Error("MISCONF")];
makeLog("info", "test").error({ err: error }, "it failed");
makeLog("info", "test").error({ err: new AggregateError([error, error], "all of it") }, "it failed");`;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program]);
  expect(stdout).not.toContain("the-password");
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).err.message),
  ).toEqual(["EXECABORT", "all of it"]);
  expect(stdout).toContain("MISCONF");
});

test("what Redis was told is not in the error with which it refused", async () => {
  const program = `import { makeLog } from "${new URL("../src/log.ts", import.meta.url)}";
const log = makeLog("info", "test");
const command = { name: "auth", args: ["default", "the-password"] };
const previousErrors = [Object.assign(new Error("OOM"), { command })];
log.error({ err: Object.assign(new Error("WRONGPASS"), { command, previousErrors }) }, "it failed");
if (command.args.length !== 2) throw new Error("what is logged was changed");`;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program]);
  expect(stdout).not.toContain("the-password");
  expect(JSON.parse(stdout)).toMatchObject({ err: { message: "WRONGPASS", command: { name: "auth" } } });
});

test("a line about a task says its trace, and one about none does not", async () => {
  const program = `import { makeLog } from "${new URL("../src/log.ts", import.meta.url)}";
const log = makeLog("info", "test");
log.info({ task: "tabcdefghijklmno", delivery: "d1" }, "task accepted");
log.warn({ err: new Error("x"), task: "tabcdefghijklmno" }, "report failed");
log.info({ count: 1 }, "a fact");
log.info("ready");`;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program]);
  const lines = stdout.split("\n").map((line) => JSON.parse(line));
  const trace_id = traceIdOf("tabcdefghijklmno");
  expect(lines.map((line) => line.trace_id)).toEqual([trace_id, trace_id, undefined, undefined]);
  expect(lines[0]).toMatchObject({ task: "tabcdefghijklmno", delivery: "d1", msg: "task accepted" });
  expect(lines[1]).toMatchObject({ err: { message: "x" } });
});
