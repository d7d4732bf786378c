import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { processesWith, readProcess, signal } from "../../../workers/sandbox/processes.ts";
import { quote } from "../../../workers/tmux/control-client.ts";
import { attachArguments, openServer, socketPath } from "../../../workers/tmux/server.ts";

async function openTestServer() {
  const dir = await mkdtemp(join(tmpdir(), "orch-tmux-"));
  const server = await openServer("tmux", dir, "h1");
  const pid = Number(await server.command(["display-message", "-p", "#{pid}"]));
  onTestFinished(async () => {
    const [last] = await server.command(["display-message", "-p", "#{pid}"]);
    await server.close();
    signal(Number(last), "SIGKILL");
    await rm(dir, { recursive: true, force: true });
  });
  return { dir, server, pid };
}

test("passes every word literally, whatever tmux would make of it", async () => {
  const { server } = await openTestServer();
  const odd = 'it\'s; "x" $HOME ~ #{pid} {a} \\ # end;';
  await server.command(["set-environment", "-g", "ODD", odd]);
  expect(await server.command(["show-environment", "-g", "ODD"])).toEqual([`ODD=${odd}`]);
});

test("refuses words that would begin another command", () => {
  expect(() => quote("a\nkill-server")).toThrow(/control characters/);
});

test("tells what tmux said of a command that failed, and goes on", async () => {
  const { server } = await openTestServer();
  await expect(server.command(["kill-session", "-t", "=nothing"])).rejects.toThrow(/can't find session/);
  expect(await server.command(["display-message", "-p", "still here"])).toEqual(["still here"]);
});

test("answers each of many commands at once with its own answer", async () => {
  const { server } = await openTestServer();
  const words = Array.from({ length: 50 }, (_, index) => `answer ${index}`);
  const answers = await Promise.all(words.map((word) => server.command(["display-message", "-p", word])));
  expect(answers.flat()).toEqual(words);
});

test("starts a new server for the command that found the old one dead", async () => {
  const { server, pid } = await openTestServer();
  process.kill(pid, "SIGKILL");
  const [now] = await server.command(["display-message", "-p", "#{pid}"]);
  expect(Number(now)).not.toBe(pid);
});

test("a server that has lost its socket does not stay beside the one that takes its place", async () => {
  const { dir, server, pid } = await openTestServer();
  await rm(socketPath(dir, "h1"));
  const next = await openServer("tmux", dir, "h1");
  onTestFinished(() => next.close());
  const [now] = await next.command(["display-message", "-p", "#{pid}"]);
  expect(Number(now)).not.toBe(pid);
  await expect.poll(() => readProcess(pid)).toBeUndefined();
  // Whoever was with the old one finds the new one.
  expect(await server.command(["display-message", "-p", "#{pid}"])).toEqual([now]);
  expect(processesWith(socketPath(dir, "h1")).filter(({ name }) => name === "tmux: server")).toHaveLength(1);
});

test("a person who attaches starts no server", async () => {
  const dir = await mkdtemp(join(tmpdir(), "orch-tmux-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const attached = spawnSync("tmux", attachArguments(dir, "h1", "t1-1"), { encoding: "utf8" });
  expect(attached).toMatchObject({ status: 1, stderr: expect.stringContaining("error connecting") });
  expect(await readdir(dir)).toEqual([]);
});

test("listens where only its user can come, and holds no variable of ours", async () => {
  process.env.ORCH_TEST_LEAK = "secret";
  const { dir, server } = await openTestServer();
  delete process.env.ORCH_TEST_LEAK;
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  expect((await server.command(["show-environment", "-g"])).join("\n")).not.toContain("ORCH_TEST_LEAK");
  expect(attachArguments(dir, "h1", "t1-1")).toEqual([
    "-N",
    "-S",
    join(dir, "orch-h1"),
    "attach-session",
    "-t",
    "=t1-1",
  ]);
});

test("says that a data folder is too deep for a socket", () => {
  expect(() => socketPath(`/${"d".repeat(100)}`, "host")).toThrow(/at most 107.*shorter data folder/);
});
