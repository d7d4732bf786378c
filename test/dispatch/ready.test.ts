import { describe, expect, test } from "vitest";
import type { World } from "../../src/dispatch/readiness.ts";
import { isReady } from "../../src/dispatch/ready.ts";
import { branchOf } from "../../src/task/branch.ts";
import type { Task } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import type { WaitingReason } from "../../src/task/waiting.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { host, NOW, onBranch, spec, states, task, world } from "./worlds.ts";

const HOUR_MS = 3600_000;
const issue: Partial<TaskSpec> = { target: { kind: "issue", defaultBranch: "main" } };

const forTask = (id: string, until = NOW + 7 * 24 * HOUR_MS): WaitingReason => ({ for: "task", task: id, until });
const forAgent = (agent?: string, until = NOW + 24 * HOUR_MS): WaitingReason => ({
  for: "agent",
  ...(agent !== undefined && { agent }),
  until,
});
const waits = (...reasons: WaitingReason[]) => ({ kind: "waits", reasons });
const ready = (agent = "claude", continues?: string) => ({ kind: "ready", lane: { agent }, continues });

describe("the agent", () => {
  test.each<[string, string | undefined, Partial<World>, object]>([
    [
      "that is wished for is at hand",
      "codex",
      { hosts: [host("a"), host("b", { agents: ["codex"] })] },
      ready("codex"),
    ],
    ["that is wished for was offered this week", "codex", { offered: ["claude", "codex"] }, waits(forAgent("codex"))],
    [
      "that is wished for is none of those that there are",
      "copilot",
      { offered: ["codex", "claude"] },
      { kind: "refused", agent: "copilot", known: ["claude", "codex"] },
    ],
    ["that is wished for may come with the first host ever", "codex", { hosts: [] }, waits(forAgent("codex"))],
    ["is nobody's: no host has ever been", undefined, { hosts: [] }, waits(forAgent())],
    ["is nobody's: all hosts are dead", undefined, { hosts: [host("a", { alive: false })] }, waits(forAgent())],
    ["is nobody's: all hosts drain", undefined, { hosts: [host("a", { draining: true })] }, waits(forAgent())],
    ["is a dead host's", "claude", { hosts: [host("a", { alive: false })] }, waits(forAgent("claude"))],
    ["is a draining host's", "claude", { hosts: [host("a", { draining: true })] }, waits(forAgent("claude"))],
    [
      "is another one's besides a dead host's",
      "claude",
      { hosts: [host("a", { alive: false }), host("b", { agents: ["codex", "claude"] })] },
      ready("claude"),
    ],
  ])("%s", (_, agent, changes, expected) => {
    expect(isReady(spec("t", { ...issue, ...(agent && { agent }) }), world(changes))).toEqual(expected);
  });

  test("that nobody wished for is the one that most slots take", () => {
    const hosts = [
      host("a", { agents: ["claude"], slots: 3 }),
      host("b", { agents: ["codex"], slots: 2 }),
      host("c", { agents: ["codex", "claude"], slots: 2 }),
    ];
    expect(isReady(spec("t"), world({ hosts }))).toEqual(ready("codex"));
    // What is not there takes nothing.
    const gone = hosts.map((each) => (each.id === "c" ? { ...each, draining: true } : each));
    expect(isReady(spec("t"), world({ hosts: gone }))).toEqual(ready("claude"));
  });

  test("is the first by name where as many slots take another", () => {
    const hosts = ["gemini", "codex", "claude"].map((agent) => host(agent, { agents: [agent] }));
    expect(isReady(spec("t"), world({ hosts }))).toEqual(ready("claude"));
  });

  test("that a host takes by default and does not offer is not taken", () => {
    const odd = host("a", { slots: 9, agents: ["codex"], defaultAgent: "claude" });
    expect(isReady(spec("t"), world({ hosts: [odd] }))).toEqual(waits(forAgent()));
    expect(isReady(spec("t"), world({ hosts: [odd, host("b")] }))).toEqual(ready("claude"));
  });
});

describe("the task before", () => {
  test.each<[string, Task["state"]["name"], object]>([
    ["waits", "waiting", waits(forTask("one"))],
    ["is queued", "queued", waits(forTask("one"))],
    ["runs", "running", waits(forTask("one"))],
    ["is over", "settled", ready("claude", "one")],
  ])("on the same branch %s", (_, state, expected) => {
    expect(isReady(spec("t"), world({ before: [task("one", state)] }))).toEqual(expected);
  });

  test.each<[string, Partial<Task>]>([
    ["works on another branch", { spec: spec("one", { target: onBranch("other") }) }],
    ["works on an issue", { spec: spec("one", issue) }],
    ["went to a branch of its own", { pushed: { ...pushedTo("orch/1-one"), insteadOf: "topic" } }],
  ])("%s: nothing is waited for or gone on from", (_, changes) => {
    for (const state of ["running", "settled"] as const)
      expect(isReady(spec("t"), world({ before: [task("one", state, changes)] }))).toEqual(ready());
  });

  test("opened the pull request: its branch is this one's", () => {
    const opener = task("one", "settled", { spec: spec("one", { ...issue, number: 1 }) });
    const next = spec("t", { number: 2, target: onBranch(branchOf(opener.spec)) });
    expect(isReady(next, world({ before: [opener] }))).toEqual(ready("claude", "one"));
  });

  test("went to a branch of its own, which is the one of this pull request", () => {
    const moved = task("one", "settled", { pushed: pushedTo("orch/1-one-2") });
    const next = spec("t", { number: 2, target: onBranch("orch/1-one-2") });
    expect(isReady(next, world({ before: [moved] }))).toEqual(ready("claude", "one"));
  });

  test("on an issue is of no concern, whatever it does", () => {
    const before = Object.keys(states).map((state) =>
      task(state, state as Task["state"]["name"], { spec: spec(state, issue) }),
    );
    expect(isReady(spec("t", issue), world({ before, inDoubt: ["x"] }))).toEqual(ready());
  });

  test("ended before it had an agent: gone on from is the last one that had", () => {
    const before = [task("one", "settled"), task("two", "settled"), task("three", "settled", { worked: false })];
    expect(isReady(spec("t"), world({ before }))).toEqual(ready("claude", "two"));
    expect(isReady(spec("t"), world({ before: before.slice(2) }))).toEqual(ready());
  });

  test("cannot be read: it may be at work", () => {
    expect(isReady(spec("t"), world({ inDoubt: ["x"] }))).toEqual(waits(forTask("x")));
  });
});

describe("the home of the session that it goes on with", () => {
  const kept = (changes: object = {}) =>
    task("one", "settled", {
      runs: [
        { number: 1, host: "h1", startedAt: NOW, progress: { agent: "claude", home: "host/sessions/one", ...changes } },
      ],
    });
  const atHome = { ...ready("claude", "one"), lane: { agent: "claude", host: "h1" } };
  const anywhere = ready("claude", "one");
  const other = host("h2");

  test.each<[string, object, Partial<World>]>([
    ["has the task go there", atHome, {}],
    ["may be silent: it may be starting anew", atHome, { hosts: [host("h1", { alive: false }), other] }],
    ["has said goodbye: any host will do", anywhere, { hosts: [other] }],
    ["drains: any host will do", anywhere, { hosts: [host("h1", { draining: true }), other] }],
    ["has the agent no more: any host will do", anywhere, { hosts: [host("h1", { agents: ["codex"] }), other] }],
  ])("%s", (_, expected, changes) => {
    const asked = spec("t", { agent: "claude" });
    expect(isReady(asked, world({ hosts: [host("h1"), other], before: [kept()], ...changes }))).toEqual(expected);
  });

  test("is none where no session was kept, or another agent is to go on", () => {
    const hosts = [host("h1", { agents: ["claude", "codex"] })];
    expect(isReady(spec("t"), world({ hosts, before: [kept({ home: undefined })] }))).toEqual(anywhere);
    expect(isReady(spec("t", { agent: "codex" }), world({ hosts, before: [kept()] }))).toEqual(ready("codex", "one"));
  });

  test("is where the last run was, not an earlier one", () => {
    const runs = [...kept().runs, { number: 2, host: "h2", startedAt: NOW, progress: { agent: "claude", home: "x" } }];
    const before = [task("one", "settled", { runs })];
    const lane = { agent: "claude", host: "h2" };
    expect(isReady(spec("t"), world({ hosts: [host("h1"), other], before }))).toEqual({ ...atHome, lane });
  });
});

describe("what is waited for", () => {
  const before = [task("one", "running"), task("two", "waiting")];

  test("is of the tasks before it the last one that is not over, of those in doubt the last one, and an agent", () => {
    const all = world({ before, inDoubt: ["w", "x"], hosts: [], offered: ["claude"] });
    expect(isReady(spec("t", { agent: "claude" }), all)).toEqual(
      waits(forTask("two"), forTask("x"), forAgent("claude")),
    );
    const ended = [task("one", "running"), task("two", "settled")];
    expect(isReady(spec("t"), world({ before: ended }))).toEqual(waits(forTask("one")));
  });

  test("has the deadline that it had; what comes besides has its own, and what is over is gone", () => {
    const since = [forTask("zero", NOW + 1), forTask("y", NOW + 2), forAgent("claude", NOW + 3)];
    const asked = spec("t", { agent: "claude" });
    const now = world({ before, inDoubt: ["y"], hosts: [], offered: ["claude"] });
    expect(isReady(asked, now, since)).toEqual(
      waits(forTask("two"), forTask("y", NOW + 2), forAgent("claude", NOW + 3)),
    );
    expect(isReady(asked, world({ inDoubt: ["y"] }), since)).toEqual(waits(forTask("y", NOW + 2)));
  });

  test("does not run out of time because of a task that people let wait: it has a deadline of its own", () => {
    const DAY_MS = 24 * HOUR_MS;
    const asked = spec("t");
    for (const [left, until] of [
      [4 * DAY_MS, NOW + 4 * DAY_MS],
      [3 * DAY_MS, NOW + 7 * DAY_MS],
      [-DAY_MS, NOW + 7 * DAY_MS],
    ] as const)
      expect(isReady(asked, world({ before }), [forTask("two", NOW + left)])).toEqual(waits(forTask("two", until)));
  });

  test("is something else when it is another agent", () => {
    const since = [forAgent(undefined, NOW + 3)];
    expect(isReady(spec("t", { agent: "claude" }), world({ hosts: [] }), since)).toEqual(waits(forAgent("claude")));
    expect(isReady(spec("t"), world({ hosts: [] }), since)).toEqual(waits(...since));
  });
});

function pushedTo(branch: string) {
  return { branch, sha: "b".repeat(40), base: "main", files: 1, additions: 1, deletions: 0, commits: 1 };
}

describe("in thousands of random worlds", () => {
  const WORLDS = 5_000;
  const BASE = Number(process.env.ORCH_SEED ?? Date.now() % 1_000_000);
  const AGENTS = ["claude", "codex", "gemini"];
  const BRANCHES = ["topic", "other", branchOf(spec("a0", { ...issue, number: 1 }))];

  function someHost({ below, pick }: Random, id: string) {
    const agents = AGENTS.filter(() => below(2) === 0);
    if (agents.length === 0) agents.push(pick(AGENTS));
    const flags = { draining: below(4) === 0, alive: below(4) > 0 };
    return host(id, { agents, defaultAgent: pick(agents), slots: 1 + below(3), ...flags });
  }

  function someSpec({ below, pick }: Random, id: string): TaskSpec {
    const target = below(4) === 0 ? { kind: "issue" as const, defaultBranch: "main" } : onBranch(pick(BRANCHES));
    return spec(id, { target, ...(below(2) === 0 && { agent: pick(AGENTS) }) });
  }

  function someTask(random: Random, id: string): Task {
    const { below, pick } = random;
    const state = pick(["waiting", "queued", "running", "settled", "settled"] as const);
    const pushed = below(5) === 0 ? { pushed: pushedTo(pick(BRANCHES)) } : {};
    const home = below(3) === 0 ? { home: `host/sessions/${id}` } : {};
    const run = { number: 1, host: `h${below(5)}`, startedAt: NOW, progress: { agent: pick(AGENTS), ...home } };
    return task(id, state, { spec: someSpec(random, id), runs: below(2) === 0 ? [run] : [], ...pushed });
  }

  function someWorld(random: Random): World {
    const { below, pick } = random;
    const many = (most: number) => Array.from({ length: below(most + 1) }, (_, index) => index);
    const hosts = many(4).map((index) => someHost(random, `h${index}`));
    const gone = AGENTS.filter(() => below(4) === 0);
    const before = many(4).map((index) => someTask(random, pick(["a", "b", "c"]) + index));
    const inDoubt = below(8) === 0 ? ["x"] : [];
    return world({
      hosts,
      before,
      inDoubt,
      offered: [...new Set([...gone, ...hosts.flatMap(({ agents }) => agents)])],
    });
  }

  const shuffled = <T>({ fraction }: Random, all: readonly T[]): T[] =>
    all
      .map((each) => [fraction(), each] as const)
      .sort(([one], [other]) => one - other)
      .map(([, each]) => each);

  const branchesOf = (task: Task) => task.pushed?.branch ?? branchOf(task.spec);

  test(`a task starts only behind all others of its branch and where its agent is (ORCH_SEED=${BASE})`, () => {
    const seen = { ready: 0, waits: 0, refused: 0 };
    for (let seed = BASE; seed < BASE + WORLDS; seed++) {
      const random = randomFrom(seed);
      const where = `ORCH_SEED=${seed}`;
      const asked = someSpec(random, "t");
      const now = someWorld(random);
      const readiness = isReady(asked, now);
      if (readiness.kind === "unaffordable") throw new Error(`${where}: nothing is limited in these worlds`);
      seen[readiness.kind] += 1;
      // It does not matter in which order the hosts are named.
      expect(isReady(asked, { ...now, hosts: shuffled(random, now.hosts) }), where).toEqual(readiness);
      if (readiness.kind === "waits") {
        expect(readiness.reasons.length, where).toBeGreaterThan(0);
        expect(
          readiness.reasons.every(({ until }) => until > NOW),
          where,
        ).toBe(true);
        // Asked again later, it waits for the same as long as before.
        expect(isReady(asked, { ...now, now: NOW + random.below(HOUR_MS) }, readiness.reasons), where).toEqual(
          readiness,
        );
      }
      if (readiness.kind === "refused") expect(now.offered, where).not.toContain(readiness.agent);
      if (readiness.kind !== "ready") continue;
      const { target } = asked;
      if (target.kind === "pull") {
        const others = now.before.filter((each) => branchesOf(each) === target.headRef);
        expect(
          others.filter(({ state }) => state.name !== "settled"),
          where,
        ).toEqual([]);
        expect(now.inDoubt, where).toEqual([]);
        if (readiness.continues)
          expect(
            others.map((each) => each.spec.id),
            where,
          ).toContain(readiness.continues);
      }
      const offers = now.hosts.filter(
        ({ alive, draining, agents }) => alive && !draining && agents.includes(readiness.lane.agent),
      );
      expect(offers.length, where).toBeGreaterThan(0);
      if (asked.agent) expect(readiness.lane.agent, where).toBe(asked.agent);
      if (readiness.lane.host)
        expect(now.hosts.find(({ id }) => id === readiness.lane.host)?.agents, where).toContain(readiness.lane.agent);
      const more = [...now.hosts, someHost(random, "more")];
      const offered = [...new Set([...now.offered, ...more.flatMap(({ agents }) => agents)])];
      expect(isReady(asked, { ...now, hosts: more, offered }).kind, where).toBe("ready");
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(WORLDS / 100);
  });
});
