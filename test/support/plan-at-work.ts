/** A plan that was approved without a planner: dispatchers begin with its nodes at once, and publish what they come to. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { keys } from "../../src/task/keys.ts";
import type { NodeSpec } from "../../src/task/plan-proposal.ts";
import { proposalName } from "../../src/task/proposal.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { planRepositoryDir } from "../../workers/integrate/plan-repository.ts";
import type { Orch } from "./orch.ts";
import { claimedBy, LANE, makeSpec } from "./task-spec.ts";

export type NodeHere = Pick<NodeSpec, "id"> & Partial<NodeSpec>;

export type PlanAtWork = {
  /** The id of the plan, and of the team's task. */
  plan: string;
  /** The id of the task that works on the node. */
  task(node: string, nth?: number): string;
  /** Plain git in the plan's repository. */
  git(...args: string[]): string;
};

const DAY_MS = 24 * 3600_000;

/** Of a repository for the agent `by-script`: what each node's agent does, and the manager's, as a shell script. */
export const scriptedWork = (work: Record<string, string>): Record<string, string> => ({
  line: "0\n",
  ...Object.fromEntries(Object.entries(work).map(([name, script]) => [`work/${name}`, `${script}\n`])),
});

/**
 * On the repository's default branch as it stands. Nodes may change anything unless they say so, all at the same time. `manager`: the
 * agent that is called when the plan has to change; none: nobody can be. `nth`: which plan of the repository it is.
 */
export async function startPlanAtWork(
  orch: Orch,
  nodes: readonly NodeHere[],
  { manager, nth = 1 }: { manager?: string; nth?: number } = {},
): Promise<PlanAtWork> {
  const { repository, issue: number, simulator, store } = orch;
  const at = Date.now();
  const bare = join(orch.dir, "github/repositories", `${repository.id}.git`);
  const baseSha = execFileSync("git", [`--git-dir=${bare}`, "rev-parse", "main"], { encoding: "utf8" }).trim();
  const [owner = "", name = ""] = repository.fullName.split("/");
  const spec = makeSpec({
    ...{
      commentId: 900_000 + nth,
      team: true,
      instruction: "team: all of it",
      installationId: repository.installationId,
    },
    ...{
      repository: { id: repository.id, owner, name },
      number,
      conversation: number,
      requestedAt: at,
      acceptedAt: at,
    },
    actor: { id: simulator.createUser("maintainer").id, login: "maintainer" },
  });
  const plan = { goal: "All of it", nodes: nodes.map(nodeHere) };
  const said = { title: "All of it", summary: "", decisions: [], interfaces: [], followUps: [] };
  const proposal = {
    ...{ name: proposalName(spec.id, { baseSha, said, plan }), epoch: 1, baseSha, said, files: [], at, plan },
    decision: { kind: "approved" as const, at },
  };
  const lane = manager === undefined ? LANE : { agent: manager };
  await store.create(spec, { lane });
  await store.advance(spec.id, { ...claimedBy(await orch.hostId()), lane });
  const reasons = [{ for: "team" as const, until: at + DAY_MS }];
  await store.advance(spec.id, { name: "parked", epoch: 1, reasons, proposal, at });
  await store.dispatches.plan(spec.id, at);
  await orch.redis.publish(keys.ready, spec.id);
  return {
    plan: spec.id,
    task: (node, nth = 1) => taskIdOf(repository.id, { kind: "node", plan: spec.id, node, try: nth }),
    git: (...args) => {
      const dir = planRepositoryDir(join(orch.dir, "data"), spec.id);
      return execFileSync("git", [`--git-dir=${dir}`, ...args], { encoding: "utf8" }).trim();
    },
  };
}

const nodeHere = ({ id, ...more }: NodeHere): NodeSpec => ({
  ...{ id, title: `Do ${id}`, instruction: `Do ${id}.`, role: "developer", after: [], scope: ["**"], shared: true },
  ...{ deliverable: id, check: "true", onFailure: "retry" as const },
  ...more,
});
