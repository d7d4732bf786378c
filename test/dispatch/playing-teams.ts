/** Teams over real Redis: an approved plan, whose runs end as a test wants it. */
import { expect, vi } from "vitest";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Plan, PlanNode } from "../../src/task/plan.ts";
import { currentTry, nodeOf } from "../../src/task/plan.ts";
import type { NodeSpec } from "../../src/task/plan-proposal.ts";
import { type Revising, revise } from "../../src/task/revise-plan.ts";
import type { Revision } from "../../src/task/revision.ts";
import type { Task } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { MERGED, nodeSpec } from "../task/plans-made.ts";
import type { Setting } from "./setting.ts";

const said = { title: "A plan", summary: "What is to be done.", decisions: [], interfaces: [], followUps: [] };
const ASK_MS = 3600_000;
const WAIT = { timeout: 20_000, interval: 2 };

type Bot = Awaited<ReturnType<Setting["startBot"]>>;

/** Asked for, planned by a run on h1, and approved. */
export async function approvedTeam(at: Setting, bot: Bot, nodes: NodeSpec[], changes: Partial<TaskSpec> = {}) {
  const id = await askedForTeam(at, nodes, changes);
  await bot.ensure((await at.store.read(id)) as Task);
  await vi.waitFor(async () => expect(await at.plans.read(id)).toBeDefined(), WAIT);
  return playing(at, id);
}

/** The same, and nobody has looked at it since. */
export async function askedForTeam(at: Setting, nodes: NodeSpec[], changes: Partial<TaskSpec> = {}): Promise<string> {
  const spec = at.ask({ team: true, target: { kind: "issue", defaultBranch: "main" }, ...changes });
  await at.store.create(spec, { lane: { agent: "claude" } });
  await at.work(spec.id, "begin");
  await at.store.advance(spec.id, { name: "progress", epoch: 1, progress: { agent: "claude" }, at: at.now() });
  const name = "p111111111111";
  const plan = { goal: "Prices everywhere", nodes };
  const proposal = { name, epoch: 1, baseSha: "a".repeat(40), said, files: [], at: at.now(), plan };
  const reasons = [{ for: "approval" as const, proposal: name, until: at.now() + 3600_000 }];
  await at.store.advance(spec.id, { name: "parked", epoch: 1, reasons, proposal, at: at.now() });
  const decision = { kind: "approved" as const, by: { id: 31, login: "maintainer" }, at: at.now() };
  await at.store.advance(spec.id, { name: "decided", proposal: name, decision, at: at.now() });
  await at.store.dispatches.plan(spec.id, at.now());
  return spec.id;
}

export const hybrid = (): NodeSpec[] => [
  nodeSpec("a"),
  nodeSpec("b"),
  nodeSpec("c", { after: ["a"] }),
  nodeSpec("d", { after: ["b", "c"] }),
];

function playing(at: Setting, id: string) {
  const { store, plans } = at;
  const plan = async () => (await plans.read(id)) as Plan;
  const task = async () => (await store.read(id)) as Task;
  const node = async (name: string) => nodeOf(await plan(), name) as PlanNode;
  const states = async () => Object.fromEntries((await plan()).nodes.map((each) => [each.id, each.state.name]));
  const taskOf = async (name: string) => currentTry(await node(name))?.task ?? "";

  /** The node's task has its job. */
  async function starts(name: string): Promise<string> {
    await vi.waitFor(async () => expect((await node(name))?.state.name).toBe("started"), WAIT);
    const own = await taskOf(name);
    await at.starts(own);
    return own;
  }

  /** As a host does that works on it. */
  async function begins(name: string): Promise<string> {
    const own = await starts(name);
    await at.work(own, "begin");
    await store.advance(own, { name: "progress", epoch: 1, progress: { agent: "claude" }, at: at.now() });
    return own;
  }

  async function ends(name: string, outcome: Outcome = MERGED): Promise<void> {
    const isAtWork = async () => (await store.read(await taskOf(name)))?.state.name === "running";
    if (!(await isAtWork())) await begins(name);
    const { epoch } = (await store.read(await taskOf(name))) as Task;
    await store.advance(await taskOf(name), { name: "ended", epoch, outcome, at: at.now() });
  }

  /** The team's task has the job of its next run, and a host takes it. */
  async function runs(): Promise<Task> {
    await at.starts(id);
    await at.work(id, "begin");
    return await task();
  }

  /** The manager's run, which may hand in a revision. */
  async function manages(revision?: Revision, more: Partial<Revising> = {}): Promise<void> {
    const { epoch } = await runs();
    if (revision)
      await plans.change(
        id,
        (before) => {
          const revised = revise(before, revision, { now: at.now(), askUntil: at.now() + ASK_MS, ...more });
          return "plan" in revised ? revised.plan : undefined;
        },
        at.now(),
      );
    const reasons = [{ for: "team" as const, until: at.now() + 3600_000 }];
    await store.advance(id, { name: "parked", epoch, reasons, at: at.now() });
    await store.dispatches.plan(id, at.now());
  }

  /** The run that publishes what there is. */
  async function publishes(): Promise<void> {
    const { epoch } = await runs();
    const pushed = {
      branch: "orch/1-team",
      sha: "d".repeat(40),
      base: "main",
      files: 1,
      additions: 1,
      deletions: 0,
      commits: 1,
    };
    await store.advance(id, { name: "pushed", epoch, pushed, at: at.now() });
    await store.advance(id, {
      name: "pull_request",
      pullRequest: { number: 8, url: "https://github.test/8" },
      at: at.now(),
    });
  }

  const becomes = (state: Plan["state"]) => vi.waitFor(async () => expect((await plan()).state).toBe(state), WAIT);
  const waits = () =>
    vi.waitFor(async () => expect((await task()).state).toMatchObject({ reasons: [{ for: "team" }] }), WAIT);

  return { id, plan, task, node, states, taskOf, starts, begins, ends, runs, manages, publishes, becomes, waits };
}
