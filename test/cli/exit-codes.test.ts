/** With which code each verb of `orch` ends, as the page of the command line says: one Redis for all of them, within the test's own process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { historyFileOf } from "../../src/data-dir.ts";
import { openHistory } from "../../src/history/history-file.ts";
import { beat } from "../../src/task/heartbeat.ts";
import { register } from "../../src/task/hosts.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { unreachablePaths } from "../../workers/sandbox/slot-users.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { makeSpec, STARTS } from "../support/task-spec.ts";
import { inProcess } from "./in-process.ts";
import { orchProgram } from "./orch-program.ts";
import { ORCH, runOrch } from "./run-orch.ts";

/** Nobody, who has nothing. */
const OTHER = 65_534;

let server: ConnectedRedis;
let dir: string;
let program: Command;
let task = "";

beforeAll(async () => {
  server = await startConnectedRedis();
  dir = mkdtempSync(join(tmpdir(), "orch-codes-"));
  mkdirSync(join(dir, "host", "runs"), { recursive: true });
  writeFileSync(join(dir, "host", "id"), "h0a1b2c3d\n");
  writeFileSync(join(dir, "orch.yml"), 'agents:\n  scripted:\n    kind: plain\n    command: ["true"]\n');
  openHistory(historyFileOf(dir)).close();
  const info = {
    ...{ id: "h1", place: "p1", name: "anvil", version: "0.1.0", pid: 1, slots: 2, sandbox: "bwrap" as const },
    ...{ agents: ["scripted"], defaultAgent: "scripted", draining: false, startedAt: 1 },
  };
  await register(server.redis, info, Date.now());
  await beat(server.redis, info, [], Date.now());
  const spec = makeSpec({ requestedAt: Date.now(), acceptedAt: Date.now() });
  await makeTaskStore(server.redis).create(spec, STARTS);
  task = spec.id;
  program = await orchProgram();
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

async function run(words: readonly string[]) {
  const env = { REDIS_URL: server.url, ORCH_DATA: dir, ORCH_CONFIG: join(dir, "orch.yml") };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    return await inProcess(async () => {
      await program.parseAsync(words, { from: "user" });
      return Number(process.exitCode);
    });
  } finally {
    process.exitCode = before;
  }
}

type Leaf = { path: string[]; verb: Command };

/** `a2a token add` is a verb, `a2a` is none. */
function leaves(of: Command, path: readonly string[] = []): Leaf[] {
  return of.commands.flatMap((verb) => {
    const here = [...path, verb.name()];
    return verb.commands.length > 0 ? leaves(verb, here) : [{ path: here, verb }];
  });
}

test.each([
  // What was asked for is there, or is done.
  [0, "--version"],
  [0, "--help"],
  [0, "why --help"],
  [0, "status"],
  [0, "top"],
  [0, "tasks"],
  [0, "hosts"],
  [0, "offers"],
  [0, "why TASK"],
  [0, "audit TASK"],
  [0, "audit TASK TASK"],
  [0, "gc --dry-run"],
  [0, "completion zsh"],
  [0, "__complete st"],
  [0, "pause --yes"],
  [0, "resume"],
  // A list that is empty is one.
  [0, "tasks --state merged"],
  [0, "messages TASK"],
  [0, "schedules"],
  [0, "budget"],
  [0, "stats"],
  [0, "a2a token list"],
  [0, "checkpoint"],
  [0, "checkpoint --json"],
  // There is none, or it was refused.
  [1, "why tzzzzzz"],
  [1, "audit TASK tzzzzzz"],
  [1, "logs tzzzzzz"],
  [1, "logs TASK"],
  [1, "logs TASK --run 2"],
  [1, "messages tzzzzzz"],
  [1, "messages TASK replay m1"],
  [1, "attach tzzzzzz"],
  [1, "attach TASK"],
  [1, "debug tzzzzzz"],
  [1, "checkpoint tzzzzzz"],
  [1, "checkpoint tzzzzzz --json"],
  [1, "tell tzzzzzz hello"],
  [1, "answer TASK yes"],
  [1, "approve TASK --yes"],
  [1, "plan TASK something else"],
  [1, "retry TASK --yes"],
  [1, "cancel tzzzzzz --yes"],
  [1, "resume"],
  [1, "drain nobody --yes"],
  [1, "reset nobody --yes"],
  [1, "forget octo-org/calculator#4711 --yes"],
  [1, "dashboard"],
  [1, "a2a token revoke nobody"],
  // Asked wrongly.
  [2, "nonsense"],
  [2, "tasks --state nonsense"],
  [2, "tasks --since ever"],
  [2, "stats --by weather"],
  [2, "logs TASK --run last"],
  [2, "status --watch"],
  [2, "tell TASK"],
  [2, "retry TASK fix it"],
  [2, "cancel"],
  [2, "cancel TASK --all"],
  [2, "forget calculator"],
  [2, "completion tcsh"],
  [2, "a2a token add x --repo calculator"],
  // Nobody can be asked whether that is meant.
  [2, "cancel TASK"],
  [2, "cancel --all"],
  [2, "pause"],
  [2, "drain anvil"],
  [2, "reset anvil"],
  // Done once, it cannot be done again.
  [0, "cancel TASK --yes"],
  [1, "cancel TASK --yes"],
  [1, "cancel --all --yes"],
])("%i: orch %s", async (code, words) => {
  const said = await run(words.replaceAll("TASK", task).split(" "));
  expect([said.code, code === 0 || said.stdout + said.stderr !== ""], said.stderr).toEqual([code, true]);
});

test("each verb that is given an option that it has not, or is not given what it needs, is asked wrongly", async () => {
  for (const { path, verb } of leaves(program)) {
    if (path.join() !== "__complete") expect([path, (await run([...path, "--nonsense"])).code]).toEqual([path, 2]);
    if (verb.registeredArguments.some(({ required }) => required))
      expect([path, (await run(path)).code]).toEqual([path, 2]);
  }
});

test("a verb that finds none says so as JSON too, where that is asked for", async () => {
  const all = ["why", "logs", "messages", "debug", "retry", "cancel", "tell", "answer", "approve", "plan", "audit"];
  for (const verb of [...all, "checkpoint"]) {
    const words = ["tell", "answer", "plan"].includes(verb) ? ["yes"] : [];
    const { code, stdout } = await run([verb, "tzzzzzz", ...words, "--json"]);
    expect([verb, code, JSON.parse(stdout)]).toEqual([verb, 1, { error: expect.stringMatching(/\S/) }]);
  }
});

test("whoever reads no further than they want ends it, and nothing is wrong", async () => {
  const child = spawn(process.execPath, [ORCH, "completion", "zsh"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy(); // long before it has something to print
  const said = { stderr: "" };
  child.stderr.on("data", (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  expect([await once(child, "close"), said.stderr]).toEqual([[0, null], ""]);
});

/** What asks no Redis, or something else first. */
const ELSEWHERE = ["start", "doctor", "stats", "checkpoint", "completion", "__complete", "a2a token add"];

test("a Redis that wants a password lets no verb in: not allowed, which each says at once", async () => {
  await server.redis.config("SET", "requirepass", "open sesame");
  try {
    for (const { path, verb } of leaves(program)) {
      const name = path.join(" ");
      if (ELSEWHERE.includes(name)) continue;
      const given = verb.registeredArguments.filter(({ required }) => required).map(() => task);
      const more = { forget: ["octo-org/calculator#1"], cancel: [task] }[name] ?? given;
      const words = ["tell", "answer", "plan"].includes(name) ? ["yes"] : [];
      const said = await run([...path, ...more, ...words]);
      expect([name, said.code, said.stderr]).toEqual([name, 4, expect.stringContaining("NOAUTH")]);
    }
  } finally {
    await server.redis.config("SET", "requirepass", "");
  }
});

test("a Redis that takes nothing new lets everybody look, and says why nothing can be done", async () => {
  await server.redis.config("SET", "maxmemory", "1");
  try {
    expect((await run(["tasks"])).code).toBe(0);
    const said = await run(["pause", "--yes"]);
    expect([said.code, said.stderr]).toEqual([1, expect.stringMatching(/Redis takes nothing new: .*orch doctor/)]);
  } finally {
    await server.redis.config("SET", "maxmemory", "0");
  }
});

/** Nothing where others may read the sources, which they may not in a home folder. */
const inTheWay = await unreachablePaths({ slot: 0, uid: OTHER }, [{ source: ORCH }, { source: process.execPath }]);

test.skipIf(process.getuid?.() !== 0 || inTheWay.length > 0)(
  "what is in a folder of another user is not missing: not allowed",
  async () => {
    chmodSync(dir, 0o700);
    const home = mkdtempSync(join(tmpdir(), "orch-other-"));
    chmodSync(home, 0o777);
    try {
      for (const words of [["stats"], ["status"], ["forget", "octo-org/calculator#1", "--yes"]]) {
        const said = await runOrch(words, { cwd: home, env: { ORCH_DATA: dir }, user: OTHER });
        expect([words, said.code, said.stderr]).toEqual([words, 4, expect.stringContaining("belongs to another user")]);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
);
