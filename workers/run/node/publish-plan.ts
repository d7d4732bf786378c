/**
 * The last run of a team's task: no agent works. What its plan has come to, one commit for each node, goes the way of any other work: it
 * is judged as a whole, made anew as the bot's, and pushed. What the plan's own check said of it is told with it.
 */
import { join } from "node:path";
import { baseOf, branchOf } from "../../../src/task/branch.ts";
import type { Missing } from "../../../src/task/outcome.ts";
import type { Plan, PlanNode } from "../../../src/task/plan.ts";
import type { Verification } from "../../../src/task/progress.ts";
import { secretsOf } from "../../agents/secrets.ts";
import { checkOfCommit } from "../../integrate/kept-checks.ts";
import {
  findPlanRepository,
  type Integrated,
  type PlanRepository,
  readIntegrated,
  tipOf,
} from "../../integrate/plan-repository.ts";
import { openQuarantine } from "../../publish/quarantine.ts";
import { openMirror } from "../../workspace/mirror.ts";
import type { Source, ToPublish } from "../publish-work.ts";
import type { Run, Shared } from "../run.ts";
import { untilRedisAnswers } from "../until-redis-answers.ts";

/** What is to be published, and what is told of it. `hasSession`: an agent's, which is to be kept. */
export type Publication = {
  source: Source;
  work: ToPublish;
  verification?: Verification | undefined;
  hasSession: boolean;
};

/** Undefined unless this is such a run. */
export async function planToPublish(shared: Shared, run: Run): Promise<Publication | undefined> {
  const { spec } = run.task;
  if (!spec.team || run.folder.record.epoch < 2) return undefined;
  const plan = await readPlanIfAny(shared, run);
  if (plan?.state !== "finishing") return undefined;
  const { dataDir } = shared;
  const repository = findPlanRepository({ dataDir, plan: spec.id, repositoryId: spec.repository.id });
  const tip = repository ? tipOf(repository) : plan.base;
  const merged = repository ? await readIntegrated(repository, tip) : [];
  const missing = missingOf(plan, merged);
  return {
    source: sourceOfPlan(shared, run, { plan, repository, merged }),
    work: { tip, commits: 0, ...(missing.length > 0 && { missing }) },
    verification: checkOfCommit({ dataDir, plan: spec.id, sha: tip }),
    hasSession: false,
  };
}

/** None while nobody has approved one. */
async function readPlanIfAny(shared: Shared, run: Run): Promise<Plan | undefined> {
  const reading = await untilRedisAnswers(run, () => shared.store.plans.lookUp(run.task.spec.id));
  return reading.kind === "known" ? reading.record : undefined;
}

type Come = { plan: Plan; repository: PlanRepository | undefined; merged: readonly Integrated[] };

function sourceOfPlan(shared: Shared, run: Run, { plan, repository, merged }: Come): Source {
  const { spec } = run.task;
  const nodes = new Map(merged.map(({ sha, node }) => [sha, node]));
  const mirror = openMirror(shared.dataDir, spec.repository.id);
  const besides = repository ? [join(repository.dir, "objects")] : [];
  return {
    quarantine: openQuarantine(join(run.folder.dir, "plan.git"), mirror, plan.base, besides),
    prepared: { branch: branchOf(spec), base: baseOf(spec), baseSha: plan.base },
    // Whichever agents worked on its nodes.
    secrets: [...shared.operator.agents.values()].flatMap((agent) => secretsOf(agent, shared.env)),
    alsoOf: (sha) => trailersOf(plan.id, nodes.get(sha)),
  };
}

function trailersOf(plan: string, node: string | undefined): string[] {
  return [`Orch-Plan: ${plan}`, ...(node === undefined ? [] : [`Orch-Node: ${node}`])];
}

/** By what is there: the record may not have heard of all of it yet. */
function missingOf({ nodes }: Plan, merged: readonly Integrated[]): Missing[] {
  const done = new Set(merged.map(({ node }) => node));
  const open = nodes.filter(({ id }) => !done.has(id));
  return open.flatMap((node) => {
    const why = whyMissing(node);
    return why === undefined ? [] : [{ node: node.id, title: node.title, why }];
  });
}

function whyMissing({ state }: PlanNode): string | undefined {
  switch (state.name) {
    case "merged":
    case "superseded":
      return undefined;
    case "failed":
      return state.reason;
    case "skipped":
      return state.because;
    case "cancelled":
      return "it was cancelled";
    case "waiting":
    case "started":
      return "it was not done in time";
  }
}
