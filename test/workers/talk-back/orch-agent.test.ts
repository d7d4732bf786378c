/** The command, for programs that know no MCP. */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ORCH_AGENT, talkingHost, testFolder } from "./talking.ts";

type Ended = { exitCode: number; stdout: string; stderr: string };

function run(words: readonly string[], env: Record<string, string>, input = ""): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(ORCH_AGENT, words, { env }, (error, stdout, stderr) =>
      resolve({ exitCode: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

async function listening(dir = testFolder()) {
  const host = talkingHost({ dir });
  onTestFinished(() => host.talk.close());
  await host.talk.open();
  return { ...host, agent: (words: readonly string[], input?: string) => run(words, host.seen.env, input) };
}

test("says what the host answers, and takes every text as it is", async () => {
  const { agent, told } = await listening();
  const texts = ['It says "no" \\ and\tmore\nlines', "ünïcödé 🎉", "--not-an-option", "$(id) `id` ' \""];
  for (const text of texts)
    expect(await agent(["progress", ...(text.startsWith("--") ? ["-"] : [text])], text)).toEqual({
      exitCode: 0,
      stdout: "Passed on.\n",
      stderr: "",
    });
  expect(told().map(({ said }) => said)).toEqual(texts);
});

test("bytes that are no text do no harm", async () => {
  const { agent, told } = await listening();
  expect(await agent(["progress", "-"], "a\u0000b\u001b[31mc")).toMatchObject({ exitCode: 0 });
  expect(told()).toEqual([{ said: "abc" }]);
});

test("a number of `finding` arrives as one, and what is none is refused before it is sent", async () => {
  const { agent, run: of, folder } = await listening();
  Object.assign(of.task.spec, { review: { round: 0 } });
  const words = ["finding", "--path", "a.js", "--severity=high", "--text", "Wrong", "--line"];
  expect(await agent([...words, "12"])).toMatchObject({ exitCode: 0, stdout: "Noted down: 1 of at most 20.\n" });
  expect(folder.record.findings).toEqual([{ path: "a.js", severity: "high", text: "Wrong", line: 12 }]);
  expect(await agent([...words, "twelve"])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("a number") });
});

test("lists and texts of `finish` arrive as they were given", async () => {
  const { agent, told, folder } = await listening();
  const words = [
    "finish",
    "--title",
    "Start at zero",
    "--summary=It began at one.",
    "--decision",
    "one",
    "--decision=two",
  ];
  expect(await agent([...words, "--follow-up", "`product` too"])).toMatchObject({ exitCode: 0 });
  const finish = {
    title: "Start at zero",
    summary: "It began at one.",
    decisions: ["one", "two"],
    interfaces: [],
    followUps: ["`product` too"],
  };
  expect(told()).toEqual([{ finish }]);
  expect(folder.record.finish).toEqual(finish);
});

test("what goes to a team, or says why its agent cannot go on, is refused in words where there is no team", async () => {
  const { agent } = await listening();
  expect((await agent(["tools"])).stdout).toMatch(/^blocker: /m);
  expect((await agent(["tools"])).stdout).not.toMatch(/^message: /m);
  const asked = await agent(["ask", "Which?", "--to", "manager"]);
  expect(asked).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("You have no manager") });
  const blocked = await agent(["blocker", "no key", "--kind", "weather"]);
  expect(blocked).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("dependency") });
  expect(await agent(["message", "hello", "--to", "web"])).toMatchObject({ exitCode: 1 });
});

test("a refusal goes to standard error, with exit code 1", async () => {
  const { agent } = await listening();
  const long = await agent(["progress", "x".repeat(501)]);
  expect(long).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining("500") });
  const twoLines = await agent(["finish", "--title", "one\ntwo", "--summary", "x"]);
  expect(twoLines).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("one line") });
  expect(await agent(["call", "nothing"])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("nothing") });
});

test("any tool can be called by its name, with its input as JSON", async () => {
  const { agent, told } = await listening();
  expect(await agent(["call", "progress", '{\n  "text": "by\\nname"\n}'])).toMatchObject({ stdout: "Passed on.\n" });
  expect(told()).toEqual([{ said: "by\nname" }]);
  expect((await agent(["tools"])).stdout).toMatch(/^progress: .+\n(?:.+\n)*checkpoint: /);
});

describe("what cannot be understood is explained, with exit code 2 and without a word to the host", () => {
  test.each([
    [[]],
    [["dance"]],
    [["progress"]],
    [["progress", "--loud", "x"]],
    [["finish", "--title"]],
    [["inbox", "x"]],
    [["call"]],
  ])("%j", async (words) => {
    const { exitCode, stdout, stderr } = await run(words, { ORCH_SOCKET: "/nonexistent/s" });
    expect(exitCode).toBe(2);
    expect(stdout + stderr).toContain("orch-agent progress TEXT");
  });
});

test("where there is no host to talk to it says so", async () => {
  expect(await run(["progress", "x"], {})).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("there is no worker host to talk to here"),
  });
});

test("a socket in a folder with a long path is reached, though its address would be too long for the kernel", async () => {
  const dir = join(testFolder(), "a".repeat(60), "b".repeat(60));
  mkdirSync(dir, { recursive: true });
  const { agent, socket } = await listening(dir);
  expect(socket.length).toBeGreaterThan(120);
  expect(await agent(["progress", "from afar"])).toMatchObject({ exitCode: 0 });
});

test("twenty commands at once are all answered", async () => {
  const { agent, told } = await listening();
  const all = await Promise.all(Array.from({ length: 20 }, (_, index) => agent(["progress", `at once ${index}`])));
  expect(all.map(({ exitCode }) => exitCode)).toEqual(Array.from({ length: 20 }, () => 0));
  expect(told()).toHaveLength(20);
});
