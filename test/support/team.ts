/** A team whose plan runs, for tests that do not care how it came about: each node has a task that a host works on. */
import { nodeOf, type Plan, type PlanNode } from "../../src/task/plan.ts";
import { PLAN_CAPS } from "../../src/task/plan-caps.ts";
import type { TaskStore } from "../../src/task/store.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { claimedBy, makeSpec, STARTS } from "./task-spec.ts";

type NodeLike = Pick<PlanNode, "id"> & Partial<PlanNode>;

function planNode({ id, ...more }: NodeLike): PlanNode {
  return {
    ...{ id, title: `Do ${id}`, instruction: `do ${id}`, role: "developer", after: [], scope: [`src/${id}/**`] },
    ...{ deliverable: `src/${id}`, check: "npm test", onFailure: "retry" as const },
    ...{ state: { name: "waiting" as const }, tries: [] },
    ...more,
  };
}

export type Team = { plan: string; spec: TaskSpec; taskOf(node: string): Promise<TaskSpec>; read(): Promise<Plan> };

/** Nodes are started by `taskOf`; those of which nobody asks have not begun. */
export async function startTeam(
  store: TaskStore,
  { nodes, ...more }: Partial<Omit<Plan, "nodes">> & { nodes: readonly NodeLike[] },
  spec: TaskSpec,
): Promise<Team> {
  const team: TaskSpec = { ...spec, team: true };
  const { home = "h1" } = more;
  await store.create(team, STARTS);
  await store.advance(team.id, claimedBy(home));
  const reasons = [{ for: "team" as const, until: Date.now() + 3600_000 }];
  const at = Date.now();
  const all = nodes.map(planNode);
  const said = { title: "All of it", summary: "All of it", decisions: [], interfaces: [], followUps: [] };
  const plan = { goal: "All of it", nodes: all.map(({ state: _, tries: __, ...node }) => node) };
  const decision = { kind: "approved" as const, at };
  const proposal = { name: "p3fa81c", epoch: 1, baseSha: "abc", at, said, files: [], plan, decision };
  await store.advance(team.id, { name: "parked", epoch: 1, reasons, proposal, at });
  await store.plans.create({
    ...{ id: team.id, goal: "All of it", revision: 1, state: "running", home, base: "abc", at },
    ...{ repository: team.repository.id, until: at + 3600_000, caps: PLAN_CAPS, managerRuns: 0, version: 0 },
    ...{ wakes: [], revisions: [], events: [] },
    nodes: all,
    ...more,
  });
  const read = async (): Promise<Plan> => {
    const plan = await store.plans.read(team.id);
    if (!plan) throw new Error("the plan is gone");
    return plan;
  };
  return { plan: team.id, spec: team, taskOf: async (node) => await start(store, team, await read(), node), read };
}

/** A run works on the node's next try. */
async function start(store: TaskStore, team: TaskSpec, plan: Plan, id: string): Promise<TaskSpec> {
  const nth = (nodeOf(plan, id)?.tries.length ?? 0) + 1;
  const origin = { kind: "node" as const, plan: plan.id, node: id, try: nth };
  const { team: _, ...asTeam } = team;
  const home = plan.home ?? "h1";
  const node = { plan: plan.id, id, try: nth, home, share: 0.5 };
  const spec = makeSpec({ ...asTeam, id: taskIdOf(team.repository.id, origin), origin, node });
  await store.create(spec, STARTS);
  await store.advance(spec.id, claimedBy(home));
  const at = Date.now();
  const begun = (each: PlanNode): PlanNode => ({
    ...each,
    state: { name: "started", at },
    tries: [...each.tries, { task: spec.id, at }],
  });
  await store.plans.change(
    plan.id,
    (now) => ({ ...now, nodes: now.nodes.map((each) => (each.id === id ? begun(each) : each)) }),
    at,
  );
  return spec;
}
