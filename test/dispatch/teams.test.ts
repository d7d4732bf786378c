import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { cancelTasks } from "../../src/cancel.ts";
import { decideOnAsked } from "../../src/task/decide-asked.ts";
import { keys } from "../../src/task/keys.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { openAsked } from "../../src/task/plan.ts";
import { PLAN_CAPS } from "../../src/task/plan-caps.ts";
import type { Task } from "../../src/task/task.ts";
import { BROKEN, CONFLICTED, nodeSpec } from "../task/plans-made.ts";
import { approvedTeam, askedForTeam, hybrid } from "./playing-teams.ts";
import { type Setting, startSetting } from "./setting.ts";
import { onBranch } from "./worlds.ts";

const AT_ONCE_MS = 2_000;
const DAY_MS = 24 * 3600_000;
const WAIT = { timeout: 20_000, interval: 2 };

let at: Setting;
beforeAll(async () => {
  at = await startSetting();
});
afterEach(() => at.clear());
afterAll(() => at.close());

const read = async (id: string) => (await at.store.read(id)) as Task;
const lanesOf = async (...ids: string[]) =>
  (await at.store.readMany(ids)).map(({ state }) => ("lane" in state ? state.lane : undefined));
const cancel = (id: string) =>
  cancelTasks({ store: at.store, queue: at.queue, now: at.now, log: pino({ level: "silent" }) }, [id], {
    kind: "command",
    by: "maintainer",
  });

async function began(changes = {}, nodes = hybrid()) {
  await at.hostComes("h1", { slots: 9 });
  await at.hostComes("h2", { slots: 9 });
  const bot = await at.startBot();
  return { bot, team: await approvedTeam(at, bot, nodes, changes) };
}

describe("an approved plan", () => {
  test("is worked through node by node on the host that made it, and then published by its team's task", async () => {
    const { team } = await began();
    const [a, b] = [await team.starts("a"), await team.starts("b")];
    expect(await lanesOf(a, b)).toEqual([
      { agent: "claude", host: "h1", only: true },
      { agent: "claude", host: "h1", only: true },
    ]);
    await team.waits();
    expect(await team.states()).toEqual({ a: "started", b: "started", c: "waiting", d: "waiting" });
    await team.ends("a");
    await team.starts("c");
    await team.ends("b");
    await team.ends("c");
    await team.starts("d");
    await team.ends("d");
    await team.becomes("finishing");
    await team.publishes();
    expect((await team.task()).state).toMatchObject({ name: "settled", outcome: { kind: "pull_request" } });
    await team.becomes("over");
    expect(await at.plans.openIds()).toEqual([]);
    expect(await at.redis.ttl(keys.plan(team.id))).toBeGreaterThan(0);
  });

  test("has the next node's job as soon as the one before it is settled", async () => {
    const { team } = await began();
    await team.begins("a");
    await team.ends("a");
    const begun = performance.now();
    await team.starts("c");
    expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
  });

  test("makes tasks that nobody asked for: neither issue nor conversation lists them, and their plan does", async () => {
    const { team } = await began();
    const a = await team.starts("a");
    const { repository, number, conversation } = (await read(a)).spec;
    expect(await at.store.idsOfIssue(repository.id, number)).toEqual([team.id]);
    expect(await at.store.idsOfConversation(repository.id, { conversation, number })).toEqual([team.id]);
    expect((await at.store.idsOfNodes(team.id)).sort()).toEqual([a, await team.starts("b")].sort());
    expect((await read(a)).spec).toMatchObject({
      origin: { kind: "node", plan: team.id, node: "a", try: 1 },
      node: { plan: team.id, id: "a", try: 1, home: "h1" },
      ...{ role: "developer", instruction: "Do what a says.", actor: { login: "maintainer" } },
    });
  });

  test("on a pull request lets its nodes work side by side, and others on that branch wait for the team", async () => {
    const { bot, team } = await began({ target: onBranch("topic") });
    await team.begins("a");
    await team.begins("b");
    const next = at.ask({ target: onBranch("topic") });
    await bot.accept(next);
    expect((await read(next.id)).state).toMatchObject({ reasons: [{ for: "task", task: team.id }] });
  });

  test("whose every node changed nothing ends without a pull request", async () => {
    const { team } = await began({}, [nodeSpec("a", { scope: [] })]);
    await team.ends("a", { kind: "no_changes", lastWords: "" });
    expect(await at.settles(team.id)).toMatchObject({ kind: "no_changes" });
  });

  test("of which nothing could be done ends as failed, and says why", async () => {
    const { team } = await began({}, [nodeSpec("a", { onFailure: "skip" })]);
    await team.ends("a", BROKEN);
    expect(await at.settles(team.id)).toMatchObject({ kind: "agent_failed", reason: "plan" });
  });
});

describe("a node that fails", () => {
  test("is tried again going on from the try before, then the manager is woken on the same host", async () => {
    const { team } = await began();
    const first = await team.begins("a");
    await team.ends("a", BROKEN);
    await vi.waitFor(async () => expect((await team.node("a")).tries).toHaveLength(2), WAIT);
    const second = await team.starts("a");
    expect(await read(second)).toMatchObject({ continues: first, spec: { node: { before: first, try: 2 } } });
    await team.ends("a", BROKEN);
    await team.becomes("managing");
    await at.starts(team.id);
    expect((await team.task()).state).toMatchObject({ lane: { agent: "claude", host: "h1", only: true } });
    expect(await team.states()).toMatchObject({ a: "failed", b: "started", c: "waiting" });
  });

  test("goes on as the manager wants it", async () => {
    const { team } = await began({}, [nodeSpec("a"), nodeSpec("b", { after: ["a"] })]);
    await team.ends("a", CONFLICTED);
    await team.manages({ retry: [{ node: "a", instruction: "Mind the cents." }] });
    await team.ends("a");
    await team.ends("b");
    await team.becomes("finishing");
    expect((await team.plan()).managerRuns).toBe(1);
  });

  test("is left out with what builds on it when the manager has nothing to say, and the rest is published", async () => {
    const { team } = await began({}, [nodeSpec("a"), nodeSpec("b", { after: ["a"] }), nodeSpec("c")]);
    await team.ends("a", CONFLICTED);
    await team.manages();
    await team.ends("c");
    await team.becomes("finishing");
    expect(await team.states()).toEqual({ a: "failed", b: "skipped", c: "merged" });
  });

  test("while the manager is at work lets the others go on", async () => {
    const { team } = await began({}, [nodeSpec("x"), ...hybrid()]);
    await team.ends("x", CONFLICTED);
    await team.runs();
    await team.ends("a");
    await team.starts("c");
    expect(await team.states()).toMatchObject({ x: "failed", a: "merged", c: "started" });
  });

  test("for whose agent no host has ever been is left out as its plan says", async () => {
    await at.hostComes("h1", { slots: 9 });
    const choices = [{ agent: "copilot" }];
    const bot = await at.startBot({ groundOf: async () => ({ choicesOf: () => choices, caps: PLAN_CAPS }) });
    const team = await approvedTeam(at, bot, [
      nodeSpec("a", { onFailure: "skip" }),
      nodeSpec("b", { onFailure: "skip" }),
    ]);
    expect(await at.settles(team.id)).toMatchObject({ kind: "agent_failed" });
    expect((await team.node("a")).tries).toMatchObject([{ end: "refused" }]);
  });
});

describe("a team that is cancelled", () => {
  const isOver = async (id: string) => expect((await read(id)).state.name).toBe("settled");

  test("while its nodes are queued, at work and waiting ends all of them", async () => {
    const { team } = await began();
    const [a, b] = [await team.begins("a"), await team.starts("b")];
    await team.waits();
    await cancel(team.id);
    await vi.waitFor(async () => expect((await read(a)).cancel).toEqual({ kind: "left_plan", task: team.id }), WAIT);
    expect(await at.settles(b)).toEqual({ kind: "cancelled", reason: { kind: "left_plan", task: team.id } });
    await team.becomes("over");
    expect(await team.states()).toEqual({ a: "cancelled", b: "cancelled", c: "cancelled", d: "cancelled" });
  });

  test("while its plan is not approved yet has nothing else to end", async () => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    const spec = at.ask({ team: true, target: { kind: "issue", defaultBranch: "main" } });
    await bot.accept(spec);
    await cancel(spec.id);
    await isOver(spec.id);
    expect(await at.plans.read(spec.id)).toBeUndefined();
  });

  test("while its manager is at work ends its nodes when that has ended", async () => {
    const { team } = await began({}, [nodeSpec("x"), ...hybrid()]);
    await team.ends("x", CONFLICTED);
    const a = await team.begins("a");
    const { epoch } = await team.runs();
    await cancel(team.id);
    expect((await team.task()).state.name).toBe("running");
    await team.ends("a");
    const outcome: Outcome = { kind: "cancelled", reason: { kind: "command", by: "maintainer" } };
    await at.store.advance(team.id, { name: "ended", epoch, outcome, at: at.now() });
    await team.becomes("over");
    await isOver(a);
    for (const id of await at.store.idsOfNodes(team.id)) await isOver(id);
  });

  test("ends nodes that were being made meanwhile", async () => {
    await at.hostComes("h1", { slots: 9 });
    let team: Awaited<ReturnType<typeof approvedTeam>> | undefined;
    const create: typeof at.store.create = async (spec, begin) => {
      const { node } = spec;
      if (node) await cancel(node.plan);
      return await at.store.create(spec, begin);
    };
    const bot = await at.startBot({ store: { ...at.store, create } });
    team = await approvedTeam(at, bot, hybrid());
    await team.becomes("over");
    await vi.waitFor(async () => expect(await at.store.idsOfNodes(team?.id ?? "")).toHaveLength(2), WAIT);
    for (const id of await at.store.idsOfNodes(team.id)) await at.settles(id);
  });
});

describe("the host that keeps a plan's work", () => {
  test("is waited for by its nodes and by its team, whoever else has the agent", async () => {
    const { team } = await began();
    await team.begins("a");
    await at.hostGoes("h1");
    await team.ends("a");
    await vi.waitFor(async () => expect((await team.node("c")).state.name).toBe("started"), WAIT);
    const c = await team.taskOf("c");
    const reason = { for: "agent", host: "h1" };
    await vi.waitFor(
      async () => expect((await read(c)).state).toMatchObject({ name: "waiting", reasons: [reason] }),
      WAIT,
    );
    await at.hostComes("h1", { slots: 9 });
    await at.starts(c);
  });

  test("is never left for another one, however long its lane is not served", async () => {
    const { team } = await began();
    const [a, b] = [await team.starts("a"), await team.begins("b")];
    at.pass(3600_000);
    await at.sweep();
    expect((await read(b)).state.name).toBe("running");
    const own = { agent: "claude", host: "h1", only: true };
    expect(await lanesOf(a, b)).toEqual([own, own]);
  });
});

describe("the host that keeps a plan's work is gone for good", () => {
  test("and the plan waits for it no longer than its time: all of it is over, and it is said for what it waited", async () => {
    const { team } = await began();
    await team.ends("a");
    const c = await team.starts("c");
    await at.hostGoes("h1");
    const isOver = async () => (await team.task()).state.name === "settled";
    let days = 0;
    for (; days < 40 && !(await isOver()); days++) {
      at.pass(DAY_MS);
      await at.hostComes("h2", { slots: 9 });
      await at.sweep();
      await at.redis.publish(keys.ready, "somebody looks");
      await vi.waitFor(
        async () => expect((await at.store.dispatches.nextAt()) ?? at.now() + 1).toBeGreaterThan(at.now()),
        WAIT,
      );
    }
    expect(await at.settles(team.id)).toMatchObject({ kind: "timed_out" });
    expect(days).toBeLessThan(25);
    expect((await read(c)).state.name).toBe("settled");
    expect((await team.plan()).state).toBe("over");
    const open = (await at.store.readMany(await at.store.idsOfNodes(team.id))).filter(
      ({ state }) => state.name !== "settled",
    );
    expect(open).toEqual([]);
  });
});

describe("a plan with a budget", () => {
  test("whose nodes have used it up starts no more of them, and is published with what there is", async () => {
    const { team } = await began({ budget: { runs: 3 } });
    const spend = (id: string) =>
      at.redis.hincrby(keys.envelope(`plan:${team.id}`), "runs:spent", id.length > 0 ? 1 : 0);
    await spend(await team.begins("a"));
    await spend(await team.begins("b"));
    await team.ends("a");
    await team.ends("b");
    await team.becomes("finishing");
    expect(await team.states()).toEqual({ a: "merged", b: "merged", c: "failed", d: "skipped" });
    await team.publishes();
  });

  test("of which its nodes have used most is told once, while they go on", async () => {
    const { team } = await began({ budget: { usd: 10 } });
    await at.redis.hincrby(keys.envelope(`plan:${team.id}`), "usd:spent", 6_500_000);
    await team.ends("a");
    await vi.waitFor(async () => expect((await team.plan()).low).toBe(true), WAIT);
    await team.ends("b");
    await team.begins("c");
    const told = (await team.plan()).events.filter(({ what }) => what === "low");
    expect(told).toHaveLength(1);
    expect((await team.plan()).spent).toBeUndefined();
  });

  test("that leaves nothing for the manager goes on without, and starts nothing more", async () => {
    const { team } = await began({ budget: { runs: 3 } }, [
      nodeSpec("a"),
      nodeSpec("b"),
      nodeSpec("c", { after: ["b"] }),
    ]);
    await team.begins("a");
    await team.begins("b");
    await at.redis.hincrby(keys.envelope(`plan:${team.id}`), "runs:spent", 3);
    await team.ends("a", CONFLICTED);
    await vi.waitFor(async () => expect((await team.plan()).spent).toBe(true), WAIT);
    await team.ends("b");
    await team.becomes("finishing");
    expect(await team.states()).toEqual({ a: "failed", b: "merged", c: "skipped" });
  });
});

describe("a change that goes beyond what was approved", () => {
  const wider = { replace: ["a"], add: [nodeSpec("a1", { scope: ["infra/**"], budget: { usd: 3 } })] };
  const decide = async (team: Awaited<ReturnType<typeof approvedTeam>>, kind: "approved" | "change") => {
    const name = openAsked(await team.plan())?.name ?? "";
    const by = { by: { id: 31, login: "maintainer" }, at: at.now() };
    const decision = kind === "change" ? { kind, text: "Not infra.", ...by } : { kind, ...by };
    return await at.plans.change(team.id, (plan) => decideOnAsked(plan, name, decision), at.now());
  };
  const asks = async (changes = {}) => {
    const { team, bot } = await began(changes, [
      nodeSpec("a"),
      nodeSpec("b"),
      nodeSpec("c", { after: ["b"] }),
      nodeSpec("d", { after: ["a"] }),
    ]);
    await team.begins("b");
    await team.ends("a", CONFLICTED);
    await team.manages(wider, { funds: { limit: { usd: 2 }, used: { usd: 0.4 }, most: {} } });
    await vi.waitFor(async () => expect((await team.task()).state).toMatchObject({ reasons: ASKS }), WAIT);
    return { team, bot };
  };
  const ASKS = [{ for: "team" }, { for: "approval", proposal: expect.stringMatching(/^p[0-9a-f]{12}$/) }];

  test("waits for a word while the plan goes on; approved, it is carried out and may use what was allowed with it", async () => {
    const { team } = await asks({ budget: { usd: 2 } });
    await team.ends("b");
    await team.begins("c");
    expect(await team.states()).toEqual({ a: "failed", b: "merged", c: "started", d: "waiting" });
    await Promise.all([decide(team, "approved"), decide(team, "approved")]);
    const added = await team.begins("a1");
    expect((await read(added)).spec.node?.planBudget).toEqual({ usd: 4.25 });
    expect((await team.task()).spec.budget).toEqual({ usd: 4.25 });
    await vi.waitFor(
      async () => expect((await read(await team.taskOf("c"))).spec.node?.planBudget).toEqual({ usd: 4.25 }),
      WAIT,
    );
    await vi.waitFor(async () => expect((await team.task()).state).toMatchObject({ reasons: [{ for: "team" }] }), WAIT);
    for (const node of ["c", "a1", "d"]) await team.ends(node);
    await team.becomes("finishing");
    expect((await team.plan()).nodes.filter(({ id }) => id === "a1")).toHaveLength(1);
  });

  test("that is declined is the manager's again, and what nobody wants is left out", async () => {
    const { team } = await asks();
    await decide(team, "change");
    await team.becomes("managing");
    expect((await team.plan()).managed?.wakes).toMatchObject([
      { kind: "told", node: "a", text: expect.stringContaining("Not infra.") },
    ]);
    await team.manages({ end: "partial" });
    await team.ends("b");
    await team.becomes("finishing");
    expect(await team.states()).toEqual({ a: "failed", b: "merged", c: "skipped", d: "skipped" });
  });

  test("is shown again by a bot that comes when another has died, and waits no longer than it was to", async () => {
    const { team, bot } = await asks();
    await bot.stop();
    await at.startBot();
    await team.ends("b");
    await team.ends("c");
    expect((await team.plan()).state).toBe("running");
    at.pass(DAY_MS);
    await at.hostComes("h1", { slots: 9 });
    await at.store.dispatches.plan(team.id, at.now());
    await team.becomes("managing");
    expect((await team.plan()).asked?.decision?.kind).toBe("lapsed");
  });
});

describe("a node that a person is to decide about when it fails", () => {
  const stops = async () => {
    const { team } = await began({}, [
      nodeSpec("a", { onFailure: "stop" }),
      nodeSpec("b", { after: ["a"] }),
      nodeSpec("c"),
    ]);
    await team.ends("a", BROKEN);
    const reasons = [{ for: "team" }, { for: "approval" }];
    await vi.waitFor(async () => expect((await team.task()).state).toMatchObject({ reasons }), WAIT);
    await team.ends("c");
    return team;
  };
  const say = async (team: Awaited<ReturnType<typeof stops>>, text?: string) => {
    const name = openAsked(await team.plan())?.name ?? "";
    const by = { by: { id: 31, login: "maintainer" }, at: at.now() };
    const decision =
      text === undefined ? { kind: "approved" as const, ...by } : { kind: "change" as const, text, ...by };
    await at.plans.change(team.id, (plan) => decideOnAsked(plan, name, decision), at.now());
  };

  test("is tried once more when that is approved, and asked about again when that fails, without the manager", async () => {
    const team = await stops();
    await say(team);
    await team.ends("a", BROKEN);
    await vi.waitFor(async () => expect(openAsked(await team.plan())).toBeDefined(), WAIT);
    await say(team);
    await team.ends("a");
    await team.ends("b");
    await team.becomes("finishing");
    expect(await team.plan()).toMatchObject({ managerRuns: 0 });
  });

  test("is the manager's when the person says something else, and left out when nobody says anything", async () => {
    const team = await stops();
    await say(team, "Have it left out.");
    await team.becomes("managing");
    expect((await team.plan()).managed?.wakes).toMatchObject([
      { node: "a", text: expect.stringContaining("left out") },
    ]);
    await team.manages({ skip: ["a"] });
    await team.starts("b");
    const other = await stops();
    at.pass(3 * DAY_MS);
    await at.hostComes("h1", { slots: 9 });
    await at.store.dispatches.plan(other.id, at.now());
    await other.becomes("finishing");
    expect(await other.states()).toEqual({ a: "failed", b: "skipped", c: "merged" });
  });
});

describe("the sweep", () => {
  test("has a plan looked at that fell out of what is looked at", async () => {
    await at.hostComes("h1", { slots: 9 });
    const id = await askedForTeam(at, hybrid());
    const dead = await at.startBot();
    await vi.waitFor(async () => expect(await at.plans.read(id)).toBeDefined(), WAIT);
    await dead.stop();
    await at.redis.del(keys.dispatch);
    await at.sweep();
    expect(await at.store.dispatches.members()).toContain(id);
  });

  test("ends a task that works on a node which its plan goes on without", async () => {
    const { team } = await began();
    const a = await team.begins("a");
    const skip = { name: "skipped" as const, at: at.now(), because: "x", waived: true as const };
    const stray = { ...(await read(a)).spec, id: "tzzzzzzzzzzzzzzz" };
    await at.store.create(stray, { lane: { agent: "claude", host: "h1", only: true } });
    await at.sweep();
    expect(await at.settles(stray.id)).toMatchObject({ kind: "cancelled", reason: { kind: "left_plan" } });
    await at.plans.change(
      team.id,
      (plan) => ({ ...plan, nodes: plan.nodes.map((node) => (node.id === "a" ? { ...node, state: skip } : node)) }),
      at.now(),
    );
    await vi.waitFor(async () => expect((await read(a)).cancel).toMatchObject({ kind: "left_plan" }), WAIT);
  });
});

test("a task that works on a node is reported by its team's task", async () => {
  const { team } = await began();
  const a = await team.begins("a");
  const before = (await at.store.seen(team.id)).news;
  await at.store.tellNews(team.id, at.now());
  expect((await at.store.seen(team.id)).news).not.toBe(before);
  expect((await at.store.seen(a)).news).toBe("");
});
