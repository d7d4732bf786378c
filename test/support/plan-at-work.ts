/** A plan at work without a planner: its record, the team's task, which waits for it, and the tasks of its nodes. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { PLAN_CAPS, type Plan, type PlanNode } from "../../src/task/plan.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import type { TaskSpec } from "../../src/task/task.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { planRepositoryDir } from "../../workers/integrate/plan-repository.ts";
import type { Orch } from "./orch.ts";
import { claimedBy, makeSpec, STARTS } from "./task-spec.ts";

export type NodeHere = { id: string; agent: string; scope?: string[]; after?: string[]; state?: PlanNode["state"] };

export type Team = {
  plan: string;
  /** The id of the task that works on the node. */
  task(node: string): string;
  /** Has hosts begin with the node. */
  begin(node: string): Promise<void>;
  /** Has the team's own task publish what the nodes have come to; gives its id. */
  finish(): Promise<string>;
  /** Plain git in the plan's repository. */
  git(...args: string[]): string;
};

const DAY_MS = 24 * 3600_000;

/** On the repository's default branch as it stands. */
export async function startTeam(orch: Orch, nodes: readonly NodeHere[]): Promise<Team> {
  const { repository, issue: number, simulator, store } = orch;
  const at = Date.now();
  const bare = join(orch.dir, "github/repositories", `${repository.id}.git`);
  const base = execFileSync("git", [`--git-dir=${bare}`, "rev-parse", "main"], { encoding: "utf8" }).trim();
  const [owner = "", name = ""] = repository.fullName.split("/");
  const common = {
    installationId: repository.installationId,
    repository: { id: repository.id, owner, name },
    ...{ number, conversation: number, requestedAt: at, acceptedAt: at },
    actor: { id: simulator.createUser("maintainer").id, login: "maintainer" },
  };
  const team = makeSpec({
    ...common,
    agent: nodes[0]?.agent ?? "",
    commentId: 900_001,
    team: true,
    instruction: "team: prices everywhere",
  });
  const home = await orch.hostId();
  const specOf = ({ id, agent }: NodeHere): TaskSpec => {
    const origin = { kind: "node" as const, plan: team.id, node: id, try: 1 };
    const node = { plan: team.id, id, try: 1, home };
    return makeSpec({ ...common, id: taskIdOf(repository.id, origin), origin, node, agent, instruction: `Do ${id}.` });
  };
  const specs = new Map(nodes.map((node) => [node.id, specOf(node)]));
  const plan: Plan = {
    ...{ id: team.id, goal: "Prices everywhere", revision: 1, state: "running", home, base, repository: repository.id },
    ...{ at, until: at + DAY_MS, caps: PLAN_CAPS, managerRuns: 0, wakes: [], revisions: [], events: [], version: 0 },
    nodes: nodes.map(({ id, scope = ["**"], after = [], state = { name: "started", at } }) => ({
      ...{ id, title: `Do ${id}`, instruction: `Do ${id}.`, role: "developer", after, scope, state },
      ...{ deliverable: id, check: "true", onFailure: "retry" as const },
      tries: [{ task: specs.get(id)?.id ?? "", at }],
    })),
  };
  await store.create(team, STARTS);
  await store.advance(team.id, claimedBy(home));
  await store.plans.create(plan);
  const queue = makeTaskQueue(orch.redis);
  const start = async (spec: TaskSpec) => {
    await store.create(spec, { lane: { agent: spec.agent ?? "" } });
    const task = await store.read(spec.id);
    if (task) await queue.enqueue(task);
  };
  const specOfNode = (node: string) => {
    const spec = specs.get(node);
    if (!spec) throw new Error(`the plan has no node ${node}`);
    return spec;
  };
  return {
    plan: team.id,
    task: (node) => specOfNode(node).id,
    begin: (node) => start(specOfNode(node)),
    async finish() {
      await store.plans.change(team.id, (now) => ({ ...now, state: "finishing" }), Date.now());
      const reasons = [{ for: "team" as const, until: at + DAY_MS }];
      await store.advance(team.id, { name: "parked", epoch: 1, reasons, at: Date.now() });
      return team.id;
    },
    git: (...args) => {
      const dir = planRepositoryDir(join(orch.dir, "data"), team.id);
      return execFileSync("git", [`--git-dir=${dir}`, ...args], { encoding: "utf8" }).trim();
    },
  };
}
