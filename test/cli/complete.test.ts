/** What the shell offers behind `orch`: verbs, options, and the tasks and hosts that there are. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SCRIPTS } from "../../cli/complete/scripts.ts";
import { complete } from "../../cli/complete.ts";
import { register } from "../../src/task/hosts.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { makeSpec, STARTS } from "../support/task-spec.ts";
import { orchProgram } from "./orch-program.ts";

let server: ConnectedRedis;
const { id } = makeSpec({ commentId: 1 });

beforeAll(async () => {
  server = await startConnectedRedis();
  await makeTaskStore(server.redis).create(makeSpec({ commentId: 1 }), STARTS);
  const info = { version: "0.1.0", pid: 1, slots: 1, sandbox: "bwrap" as const, agents: ["a"], defaultAgent: "a" };
  const hostile = { ...info, id: "h2", place: "q", name: "rm -rf\n$(x)", draining: false, startedAt: 1 };
  await register(server.redis, { ...hostile, id: "h1", name: "anvil" }, Date.now());
  await register(server.redis, hostile, Date.now());
});
afterAll(() => server.close());

const offered = async (...words: string[]) => complete(await orchProgram(), { REDIS_URL: server.url }, words);

test("verbs, the ones below others, options and choices, each by its beginning", async () => {
  expect(await offered("st")).toEqual(["start", "status", "stats"]);
  expect(await offered("a2a", "")).toEqual(["token", "help"]);
  expect(await offered("a2a", "token", "a")).toEqual(["add"]);
  expect(await offered("gc", "--")).toEqual(["--dry-run", "--force", "--json", "--help"]);
  expect(await offered("completion", "")).toEqual(["bash", "zsh"]);
  expect(await offered("")).not.toContain("__complete");
  expect(await offered("tasks", "--repo", "")).toEqual([]);
});

test("tasks and hosts, where one has to be named; a name that a shell could obey is left out", async () => {
  expect(await offered("why", "")).toEqual([id]);
  expect(await offered("audit", id, id.slice(0, 4))).toEqual([id]);
  expect(await offered("why", "t22222")).toEqual([]);
  expect((await offered("drain", "")).sort()).toEqual(["anvil", "h1", "h2"]);
});

test("a Redis that is away, or does not answer, offers nothing, at once", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const { port } = silent.address() as { port: number };
  for (const url of [`redis://127.0.0.1:${port}`, "unix:///nowhere/redis.sock"]) {
    const began = performance.now();
    expect(await complete(await orchProgram(), { REDIS_URL: url }, ["why", ""])).toEqual([]);
    expect(performance.now() - began).toBeLessThan(2_000);
  }
  silent.close();
});

test("bash hands on what is typed, word by word, and takes each line as one answer", async () => {
  const dir = await mkdtemp(join(tmpdir(), "orch-complete-"));
  writeFileSync(join(dir, "script"), SCRIPTS.bash);
  const stub = `orch() { printf '%s\\n' "got $#" "$@"; }`;
  const words = `COMP_WORDS=(orch why "t4 x"); COMP_CWORD=2; _orch; printf '<%s>' "\${COMPREPLY[@]}"`;
  const said = spawnSync("bash", ["-c", `${stub}; source ${dir}/script; ${words}`], { encoding: "utf8" });
  expect(said.stdout).toBe("<got 4><__complete><--><why><t4 x>");
  await rm(dir, { recursive: true });
});
