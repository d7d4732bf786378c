import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, describe, expect, it } from "vitest";
import { adapterFor } from "../../../workers/agents/adapters.ts";
import { renderPrompt } from "../../../workers/agents/prompt.ts";
import { planInstructions } from "../../../workers/agents/prompt-plan.ts";
import { reviewInstructions } from "../../../workers/agents/prompt-review.ts";
import type { Blocked } from "../../../workers/network/outside.ts";
import { makeProxy } from "../../../workers/network/proxy.ts";
import { eventsOf, evidenceOf } from "./recording.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const program = join(root, "agents/scripted/agent.mjs");
const folders: string[] = [];

/** What the agent gets: PATH for git and sh, and a home without anybody's git settings. */
const env = {
  PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
  HOME: "/nonexistent",
  LANG: "C.UTF-8",
};

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function git(cwd: string, ...args: string[]): Promise<string> {
  const identity = ["-c", "user.name=maintainer", "-c", "user.email=maintainer@example.com"];
  const { stdout } = await execa("git", [...identity, ...args], { cwd, env, extendEnv: false });
  return stdout;
}

/** A repository with these files, committed. */
async function repository(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "orch-scripted-"));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  await git(folder, "init", "-q", "-b", "main");
  await git(folder, "add", "-A");
  await git(folder, "commit", "-q", "-m", "Start");
  return folder;
}

/** A module `lib.js` and a test that calls it. */
function library(code: string, check: string): Promise<string> {
  const head =
    'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport * as lib from "../lib.js";\n';
  return repository({
    "package.json": '{ "type": "module" }',
    "lib.js": code,
    "test/lib.test.js": `${head}\ntest("works", () => {\n  ${check}\n});\n`,
  });
}

/** Runs the agent as a host would: the prompt on standard input, judged by its adapter. */
async function work(cwd: string, verify = "node --test", more: Record<string, string> = {}, before = "") {
  const rendered = renderPrompt({
    instruction: "fix the failing tests",
    actor: "maintainer",
    repository: "octo-org/shop",
    kind: "issue",
    number: 1,
    title: "Tests fail",
    body: "Your work is checked with `false`.",
    comments: [],
    branch: "main",
    baseBranch: "main",
    verify,
  });
  const prompt = `${before}${rendered}`;
  const {
    stdout,
    stderr,
    exitCode = 1,
  } = await execa(process.execPath, [program], {
    cwd,
    env: { ...env, ...more },
    extendEnv: false,
    input: prompt,
    reject: false,
  });
  const events = eventsOf("jsonl", Buffer.from(stdout), exitCode);
  return { events, stderr, verdict: adapterFor("jsonl").judge(evidenceOf(events, exitCode, stderr)) };
}

describe("the scripted agent", () => {
  it("repairs the sample repository, commits the work and tells every step", async () => {
    const folder = await mkdtemp(join(tmpdir(), "orch-scripted-"));
    folders.push(folder);
    await cp(join(root, "demo/sample-repository"), folder, { recursive: true });
    await git(folder, "init", "-q", "-b", "main");
    await git(folder, "add", "-A");
    await git(folder, "commit", "-q", "-m", "Start");
    const tests = () => execa("node", ["--test"], { cwd: folder, env, extendEnv: false, reject: false });
    expect((await tests()).stdout).toMatch(/fail 2$/m);

    const { events, verdict } = await work(folder);

    expect(verdict).toEqual({ ok: true });
    expect((await tests()).stdout).toMatch(/fail 0$/m);
    expect(await git(folder, "status", "--porcelain")).toBe("");
    expect(await git(folder, "log", "--format=%s")).toBe("Repair src/order.js, src/pages.js\nStart");
    expect(await git(folder, "diff", "--stat", "HEAD~1")).toContain("2 insertions(+), 2 deletions(-)");
    expect(events[0]).toEqual({ type: "text", text: expect.stringContaining("not a language model") });
    expect(events.filter(({ type }) => type === "text").length).toBeGreaterThanOrEqual(4);
    expect(events.findLast(({ type }) => type === "usage")).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      costUsd: 0,
    });
  });

  it.each([
    [
      "a sign, though a change tried before it never ends",
      "export function sum(n) {\n  let s = 0;\n  for (let i = 1; i <= n; i++) {\n    s -= i;\n  }\n  return s;\n}\n",
      "assert.equal(lib.sum(1), 1);\n  assert.equal(lib.sum(4), 10);",
      "s += i;",
    ],
    [
      "a boundary",
      "export const adult = (age) => age > 18;\n",
      "assert.equal(lib.adult(17), false);\n  assert.equal(lib.adult(18), true);",
      "age >= 18",
    ],
    [
      "a missing return",
      "export function twice(n) {\n  n * 2;\n}\n",
      "assert.equal(lib.twice(4), 8);",
      "return n * 2;",
    ],
    [
      "a wrong constant",
      "export const hours = (d) => d * 60;\n",
      "assert.equal(lib.hours(2), 48);\n  assert.equal(lib.hours(3), 72);",
      "d * 24",
    ],
    [
      "a misspelt text",
      'export const hi = (n) => "Helo, " + n;\n',
      "assert.equal(lib.hi('you'), 'Hello, you');",
      '"Hello, "',
    ],
    [
      "a negation too many",
      "export const has = (l, x) => !l.includes(x);\n",
      "assert.equal(lib.has([1], 1), true);",
      "=> l.includes",
    ],
    [
      "the wrong end of a list",
      "export const last = (l) => l[l.length];\n",
      "assert.equal(lib.last([1, 2]), 2);",
      "l[l.length - 1]",
    ],
  ])("repairs %s", async (_, code, check, repaired) => {
    const folder = await library(code, check);
    const { verdict } = await work(folder);
    expect(verdict).toEqual({ ok: true });
    expect(await readFile(join(folder, "lib.js"), "utf8")).toContain(repaired);
    expect(await git(folder, "log", "--format=%s", "-1")).toBe("Repair lib.js");
  });

  it("says honestly that it cannot help, and leaves everything as it was", async () => {
    const code = "export function primes() {\n  return [];\n}\nexport const one = () => 2;\n";
    const folder = await library(code, "assert.deepEqual(lib.primes(30), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);");
    const { verdict, events } = await work(folder);
    expect(verdict).toMatchObject({ ok: false, message: expect.stringContaining("no small change") });
    expect(events.at(-1)).toMatchObject({ type: "final", ok: false, text: expect.stringContaining("deepStrictEqual") });
    expect(await git(folder, "status", "--porcelain")).toBe("");
    expect(await git(folder, "log", "--format=%s")).toBe("Start");
  });

  it.each([
    ["propose how to do something", planInstructions(undefined)],
    ["review changes", reviewInstructions({ round: 1 }, "main")],
  ])("says that a script cannot %s, and touches nothing", async (what, asked) => {
    const folder = await library("export const one = () => 2;\n", "assert.equal(lib.one(), 1);");
    const { verdict, events } = await work(folder, "node --test", {}, `${asked}\n`);
    expect(verdict).toMatchObject({ ok: false, message: expect.stringContaining(`cannot ${what}`) });
    expect(events.filter(({ type }) => type === "tool")).toEqual([]);
    expect(await git(folder, "status", "--porcelain")).toBe("");
  });

  it("does nothing where nothing fails", async () => {
    const folder = await library("export const one = () => 1;\n", "assert.equal(lib.one(), 1);");
    const { verdict } = await work(folder);
    expect(verdict).toEqual({ ok: true });
    expect(await git(folder, "log", "--format=%s")).toBe("Start");
  });

  it("takes the judging command from the rules, not from what somebody wrote", async () => {
    const folder = await library("export const one = () => 1;\n", "assert.equal(lib.one(), 1);");
    const { events } = await work(folder, "test -f lib.js");
    expect(events.filter(({ type }) => type === "tool")).toMatchObject([
      { summary: "test -f lib.js" },
      { status: "ok" },
    ]);
  });
});

describe("the scripted agent that is asked to try an address", () => {
  const METADATA = "http://169.254.169.254/latest/meta-data/";
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function listening(server: Server): Promise<number> {
    servers.push(server.listen(0, "127.0.0.1"));
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  /** What a sandbox goes out through, on a port; `listed` is a port of this machine that may be reached. */
  async function proxy(listed: number) {
    const blocked: Blocked[] = [];
    const { server } = makeProxy({
      policy: () => ({
        egress: "open",
        rules: [{ whose: "operator", egress: "open" }],
        private: [{ address: "127.0.0.1", port: listed }],
        never: [],
        limits: { connections: 10, bytes: 1_000_000 },
      }),
      machine: { lookUp: () => Promise.reject(new Error("no names here")), isOwn: () => false },
      spend: () => {},
      isSpent: () => false,
      onBlocked: (one) => blocked.push(one),
    });
    return { url: `http://127.0.0.1:${await listening(server)}`, blocked };
  }

  /** A machine's service that counts who comes. */
  async function service() {
    let asked = 0;
    const port = await listening(
      createServer((_request, response) => {
        asked++;
        response.end("a secret");
      }),
    );
    return { port, url: `http://127.0.0.1:${port}/`, asked: () => asked };
  }

  /** All that it says besides. */
  async function says(more: Record<string, string>): Promise<string[]> {
    const folder = await library("export const one = () => 1;\n", "assert.equal(lib.one(), 1);");
    const { events, verdict } = await work(folder, "true", more);
    expect(verdict).toEqual({ ok: true });
    return events.flatMap((event) => (event.type === "text" ? [event.text] : [])).slice(1);
  }

  it("says that Orch blocked it and why, and works on", async () => {
    const { url, blocked } = await proxy(1);
    expect(await says({ SCRIPTED_AGENT_TRIES_ADDRESS: METADATA, http_proxy: url })).toEqual([
      `I tried ${METADATA} on purpose: blocked by Orch (it is a cloud's metadata address).`,
    ]);
    expect(blocked).toMatchObject([{ host: "169.254.169.254", port: 80 }]);
  });

  it("sends nothing where no proxy stands between, and says that nothing would stop it", async () => {
    const { url, asked } = await service();
    expect(await says({ SCRIPTED_AGENT_TRIES_ADDRESS: url })).toEqual([
      `I do not try ${url}: no sandbox is around me, so nothing here would stop it.`,
    ]);
    expect(asked()).toBe(0);
  });

  it("says what it was answered where it is not blocked, and never with what", async () => {
    const { port, url, asked } = await service();
    const said = await says({ SCRIPTED_AGENT_TRIES_ADDRESS: url, http_proxy: (await proxy(port)).url });
    expect(said).toEqual([`I tried ${url} on purpose: it was not blocked by Orch, and the answer is 200.`]);
    expect(asked()).toBe(1);
  });

  it("says that the proxy did not answer, and works on", async () => {
    const said = await says({ SCRIPTED_AGENT_TRIES_ADDRESS: METADATA, http_proxy: "http://127.0.0.1:1" });
    expect(said).toEqual([expect.stringContaining("the network proxy did not answer (connect ECONNREFUSED")]);
  });

  it("tries nothing unless it is asked", async () => {
    const { url, blocked } = await proxy(1);
    expect(await says({ http_proxy: url })).toEqual([]);
    expect(blocked).toEqual([]);
  });
});
