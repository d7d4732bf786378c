/** What an operator sees of what programs print, on whichever host they are. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openHistory } from "../../src/history/history-file.ts";
import { packOutput } from "../../src/task/kept-output.ts";
import { keys } from "../../src/task/keys.ts";
import { type PrintingHost, startPrintingHost } from "../dashboard/output/printing-host.ts";
import { pastTask } from "../history/past-task.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { ORCH, runOrch } from "./run-orch.ts";

let server: TestRedis;
let host: PrintingHost;
let dir: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startRedis();
  host = await startPrintingHost(server.url);
  dir = await mkdtemp(join(tmpdir(), "orch-logs-"));
  env = { REDIS_URL: server.url, ORCH_DATA: dir };
});
afterAll(async () => {
  await host.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const logs = (...args: string[]) => runOrch(["logs", ...args], { cwd: dir, env });

/** As a person who leaves it open. */
function follow(id: string) {
  const child = spawn(process.execPath, [ORCH, "logs", id, "-f"], {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const sees = (text: string) =>
    vi.waitFor(() => expect(stdout, stderr).toContain(text), { timeout: 20_000, interval: 20 });
  return { sees, stdout: () => stdout, stderr: () => stderr, ended: once(child, "exit") };
}

test("orch logs prints all of a run, step after step, without what a terminal would obey", async () => {
  const run = await host.begin();
  run.print("set up\n", "setup-1");
  for (let nth = 1; nth <= 10_000; nth++) run.print(`line ${nth}\n`);
  run.print("\u001b[32mdone\u001b[0m\u001b[2J\n");
  const { code, stdout, stderr } = await logs(run.id);
  expect([code, stderr]).toEqual([0, ""]);
  const lines = Array.from({ length: 10_000 }, (_, nth) => `line ${nth + 1}\n`).join("");
  expect(stdout === `--- run 1, setup-1 ---\nset up\n\n--- run 1, agent-1 ---\n${lines}done\n`).toBe(true);
});

test("orch logs -f goes on through an outage of Redis, step after step, until the task is over", async () => {
  const run = await host.begin();
  run.print("one\n");
  const viewer = follow(run.id);
  await viewer.sees("one\n");
  await vi.waitFor(async () => expect(await host.redis.exists(keys.watch(run.id))).toBe(1), { timeout: 20_000 });
  run.print("two\n");
  await viewer.sees("two\n");
  await server.kill();
  run.print("three\n");
  await server.restart();
  await viewer.sees("three\n");
  run.print("four\n", "verify-1");
  await viewer.sees("four\n");
  await run.leave();
  await run.settle();
  expect(await viewer.ended, viewer.stderr()).toEqual([0, null]);
  expect(viewer.stdout()).toBe("--- run 1, agent-1 ---\none\ntwo\nthree\n\n--- run 1, verify-1 ---\nfour\n");
});

test("of a task that is over long ago there is what this machine's history keeps", async () => {
  const run = await host.begin();
  run.print("x\n");
  await run.leave();
  await run.settle();
  await host.redis.del(keys.keptOutput(run.id, 1));
  expect(await logs(run.id)).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing is kept of run 1") });
  const history = openHistory(join(dir, "history", "history.sqlite"));
  const packed = await packOutput({ steps: [{ name: "agent-1", size: 500, text: "its last words\n" }] });
  history.write({ tasks: [pastTask({ task: run.id })], outputs: [{ task: run.id, epoch: 1, packed }] });
  history.close();
  expect(await logs(run.id)).toMatchObject({ code: 0, stdout: "--- run 1, agent-1 ---\nits last words\n" });
});
