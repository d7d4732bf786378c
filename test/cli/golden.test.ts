/**
 * What each verb of `orch` prints: on a terminal, through a pipe, and as JSON. One Redis and one moment for all of them; what is printed stands in
 * `test/golden/cli/` (to accept what has changed: `npx vitest run test/cli/golden.test.ts -u`).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { listTokens } from "../../cli/a2a-token.ts";
import { audit } from "../../cli/audit.ts";
import { budget } from "../../cli/budget.ts";
import { cancel } from "../../cli/cancel.ts";
import { checkpoint } from "../../cli/checkpoint.ts";
import { drain } from "../../cli/drain.ts";
import { forget } from "../../cli/forget.ts";
import { gc } from "../../cli/gc.ts";
import { hosts } from "../../cli/hosts.ts";
import { messages } from "../../cli/messages.ts";
import { offers } from "../../cli/offers.ts";
import { pause, resume } from "../../cli/pause.ts";
import { reset } from "../../cli/reset.ts";
import { schedules } from "../../cli/schedules.ts";
import { stats } from "../../cli/stats.ts";
import { status } from "../../cli/status.ts";
import { tasks } from "../../cli/tasks.ts";
import { top } from "../../cli/top.ts";
import { why } from "../../cli/why.ts";
import { historyFileOf } from "../../src/data-dir.ts";
import { openHistory } from "../../src/history/history-file.ts";
import { makeDeeds } from "../../src/task/deeds.ts";
import { beat } from "../../src/task/heartbeat.ts";
import { register } from "../../src/task/hosts.ts";
import { type Beginning, makeTaskStore } from "../../src/task/store.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";
import { inProcess } from "./in-process.ts";

const NOW = Date.parse("2026-06-15T12:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Moves the cursor, turns what follows around, and is a key. */
const HOSTILE = `fix \u001b[31mit\u202e with ${["ghp_", "a".repeat(36)].join("")}`;

let server: ConnectedRedis;
let dir: string;
const ids = { failed: "", done: "", running: "", waiting: "", queued: "", old: "" };

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  server = await startConnectedRedis();
  dir = mkdtempSync(join(tmpdir(), "orch-golden-"));
  mkdirSync(join(dir, "host", "runs"), { recursive: true });
  writeFileSync(join(dir, "host", "id"), "h0a1b2c3d\n");
  writeFileSync(join(dir, "orch.yml"), 'agents:\n  scripted:\n    kind: plain\n    command: ["true"]\n');
  const { redis } = server;
  const store = makeTaskStore(redis);
  const info = {
    ...{ id: "h1", place: "p1", name: "anvil", version: "0.1.0", pid: 1, slots: 2, sandbox: "bwrap" as const },
    ...{ agents: ["scripted"], defaultAgent: "scripted", draining: false, startedAt: 1 },
  };
  await register(redis, info, NOW);

  const accept = async (commentId: number, ago: number, changes: Partial<TaskSpec>, begin: Beginning = STARTS) => {
    const at = NOW - ago;
    const spec = makeSpec({ commentId, number: commentId, requestedAt: at, acceptedAt: at, ...changes });
    await store.create(spec, begin);
    return spec.id;
  };
  const claim = (id: string, ago: number) =>
    store.advance(id, { name: "claimed", host: "h1", claim: "c", job: `${id}-1`, lane: LANE, at: NOW - ago });
  const used = { agent: "scripted", model: "m-1", inputTokens: 1_000, outputTokens: 50, costUsd: 0.82 };
  ids.failed = await accept(1, 5 * HOUR, { instruction: HOSTILE });
  await claim(ids.failed, 5 * HOUR - MINUTE);
  const verification = { command: "npm test", exitCode: 1, rounds: 2, outputTail: "1 failed" };
  const network = {
    egress: "listed" as const,
    blocked: 2,
    places: [{ host: "evil.test", port: 443, why: "not listed" }],
  };
  const failed = { kind: "verify_failed" as const, verification, lastWords: "Done." };
  const progress = { ...used, verification, network };
  await store.advance(ids.failed, { name: "ended", epoch: 1, outcome: failed, progress, at: NOW - 4 * HOUR });
  ids.done = await accept(2, 3 * HOUR, { instruction: "add a cache" });
  await claim(ids.done, 3 * HOUR - MINUTE);
  const pushed = {
    branch: "orch/2-add-a-cache",
    sha: "a".repeat(40),
    base: "main",
    files: 2,
    additions: 30,
    deletions: 4,
    commits: 1,
  };
  await store.advance(ids.done, { name: "pushed", epoch: 1, pushed, progress: used, at: NOW - 2 * HOUR - MINUTE });
  const pullRequest = { number: 9, url: "https://github.test/octo-org/calculator/pull/9" };
  await store.advance(ids.done, { name: "pull_request", pullRequest, at: NOW - 2 * HOUR });
  ids.running = await accept(3, 2 * HOUR, { instruction: "tidy the parser" });
  await claim(ids.running, HOUR);
  await store.advance(ids.running, {
    name: "phase",
    epoch: 1,
    phase: "working",
    progress: { agent: "scripted", lastLines: `Edit\n${HOSTILE}` },
    at: NOW - HOUR,
  });
  await beat(redis, info, [{ taskId: ids.running, lastOutputAt: NOW - 30_000 }], NOW);
  const waits = [{ for: "agent" as const, agent: "claude", until: NOW + 24 * HOUR }];
  ids.waiting = await accept(5, 30 * MINUTE, { agent: "claude" }, { waits });
  ids.queued = await accept(6, 10 * MINUTE, { instruction: "update the docs" });

  await makeDeeds(redis).note("1", {
    ...{ at: NOW - 2 * HOUR, by: { name: "maintainer", id: 31 }, via: "dashboard", verb: "tell", done: true },
    tasks: [ids.failed],
  });
  const history = openHistory(historyFileOf(dir));
  ids.old = "toldoldoldoldold";
  const past = {
    ...{
      task: ids.old,
      repositoryId: 11,
      repository: "octo-org/calculator",
      number: 7,
      size: "small" as const,
      version: "",
      person: "maintainer",
    },
    ...{
      origin: "comment" as const,
      kind: "issue" as const,
      agent: "scripted",
      model: "m-0",
      outcome: "pull_request" as const,
    },
    ...{
      requestedAt: NOW - 200 * 24 * HOUR,
      settledAt: NOW - 200 * 24 * HOUR + HOUR,
      pull: 8,
      merged: true,
      restarts: 0,
      runs: [],
    },
  };
  history.write({ tasks: [past] });
  history.close();
});
afterAll(async () => {
  vi.useRealTimers();
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

const env = () => ({
  REDIS_URL: server.url,
  ORCH_DATA: dir,
  ORCH_CONFIG: join(dir, "orch.yml"),
  PATH: process.env.PATH,
});
type Verb = (json: boolean) => Promise<number>;
const json = (is: boolean) => (is ? { json: true } : {});

/** Those that only look: each in all three ways. */
const looks: Record<string, Verb> = {
  status: (is) => status(env(), json(is)),
  "status without a host": (is) => status({ ...env(), ORCH_DATA: join(dir, "none") }, json(is)),
  tasks: (is) => tasks(env(), json(is)),
  "tasks --all": (is) => tasks(env(), { ...json(is), all: true }),
  "tasks --since 1d --repo octo-org/calculator": (is) =>
    tasks(env(), { ...json(is), since: "1d", repo: "octo-org/calculator" }),
  "tasks --state merged": (is) => tasks(env(), { ...json(is), state: "merged" }),
  hosts: (is) => hosts(env(), json(is)),
  offers: (is) => offers(env(), json(is)),
  "why a failed task": (is) => why(env(), ids.failed, is),
  "why a running task": (is) => why(env(), ids.running, is),
  "why nothing": (is) => why(env(), "taaaaaaaaaaaaaaa", is),
  messages: (is) => messages(env(), ids.running, [], json(is)),
  schedules: (is) => schedules(env(), is),
  budget: (is) => budget(env(), is),
  stats: (is) => stats(env(), { ...json(is), since: "2025-01-01" }),
  "a2a token list": (is) => listTokens(env(), json(is)),
  checkpoint: (is) => checkpoint(env(), undefined, json(is)),
  audit: (is) => audit(env(), [ids.failed], json(is)),
  "audit of two": (is) => audit(env(), [ids.failed, ids.done], json(is)),
  "gc --dry-run": (is) => gc(env(), { ...json(is), dryRun: true }),
};

/** Those that act, and those of which there is no JSON: what they say, in order. */
const acts: Record<string, () => Promise<number>> = {
  "top, through a pipe": () => top(env()),
  "top --json": () => top(env(), { json: true }),
  pause: () => pause(env(), { yes: true }),
  "resume --json": () => resume(env(), { json: true }),
  "drain, of nobody": () => drain(env(), "nobody", {}),
  "reset, of nobody, --json": () => reset(env(), "nobody", { json: true }),
  "forget, of what is open": () => forget(env(), "octo-org/calculator#3", { yes: true }),
  "cancel without --yes": () => cancel(env(), ids.queued, {}),
  cancel: () => cancel(env(), ids.queued, { yes: true }),
  "cancel --json, again": () => cancel(env(), ids.queued, { yes: true, json: true }),
  "tasks --state nonsense": () => tasks(env(), { state: "nonsense" }),
  "status -w, without a terminal": () => status(env(), { watch: true }),
};

const shown = ({ code, stdout, stderr }: Awaited<ReturnType<typeof inProcess>>): string =>
  [`exit code ${code}`, stdout, ...(stderr === "" ? [] : [`--- stderr`, stderr])]
    .join("\n")
    .replaceAll(dir, "<data>")
    .replaceAll(server.url, "<redis>");

/** The key, and whatever a terminal would obey but what `orch` itself sets. */
const forbidden = ["ghp_a", "\u202e", "\u001b"];

test("each verb that looks prints the same as ever, on a terminal, through a pipe and as JSON", async () => {
  const ways = [
    ["on a terminal of 100 columns", 100, false],
    ["through a pipe", undefined, false],
    ["--json", undefined, true],
  ] as const;
  for (const [name, verb] of Object.entries(looks)) {
    const parts: string[] = [];
    for (const [way, columns, is] of ways) {
      const said = await inProcess(() => verb(is), { columns });
      for (const text of forbidden) expect(said.stdout, name).not.toContain(text);
      const stdout = is
        ? `${JSON.stringify(JSON.parse(said.stdout.split("\n")[0] ?? ""), undefined, 2)}\n`
        : said.stdout;
      parts.push(`=== ${way}\n${shown({ ...said, stdout })}`);
    }
    const file = `../golden/cli/${name.replaceAll(/[^a-z0-9]+/g, "-").replace(/-$/, "")}.txt`;
    await expect(parts.join("\n")).toMatchFileSnapshot(file);
  }
});

test("each verb that acts says what it did, or why not", async () => {
  const parts: string[] = [];
  for (const [name, verb] of Object.entries(acts)) {
    const said = await inProcess(verb);
    for (const text of forbidden) expect(said.stdout, name).not.toContain(text);
    parts.push(`=== ${name}\n${shown(said)}`);
  }
  await expect(parts.join("\n")).toMatchFileSnapshot("../golden/cli/acts.txt");
});
