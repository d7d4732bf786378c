/** The plan that a run works for, and its repository on this host, which stands for the mirror to whoever works on a node. */
import type { Plan } from "../../../src/task/plan.ts";
import type { NodeOf, TaskSpec } from "../../../src/task/task-spec.ts";
import { probeMerging } from "../../integrate/merge-probe.ts";
import {
  asMirror,
  findPlanRepository,
  openPlanRepository,
  type PlanRepository,
} from "../../integrate/plan-repository.ts";
import { hostGit } from "../../workspace/git.ts";
import { type Mirror, openMirror } from "../../workspace/mirror.ts";
import type { Run, Shared } from "../run.ts";
import { untilRedisAnswers } from "../until-redis-answers.ts";

/** Throws where it works on none: whoever asks knows that it does. */
export function nodeOfRun({ task: { spec } }: Pick<Run, "task">): NodeOf {
  if (!spec.node) throw new Error("the run works on no node");
  return spec.node;
}

const ofNode = ({ dataDir }: Pick<Shared, "dataDir">, { node, repository }: TaskSpec) => ({
  dataDir,
  plan: node?.plan ?? "",
  repositoryId: repository.id,
});

/** The record of the plan, however long Redis is away. */
export async function readPlan(shared: Shared, run: Run, plan: string): Promise<Plan> {
  const found = await untilRedisAnswers(run, () => shared.store.plans.read(plan));
  if (!found) throw new Error("The record of the plan is gone, or cannot be read.");
  return found;
}

/** Of a node's run that an earlier life of this host prepared. */
export function planRepositoryOf(shared: Pick<Shared, "dataDir">, run: Pick<Run, "task">): PlanRepository {
  const found = findPlanRepository(ofNode(shared, run.task.spec));
  if (!found) throw new Error("What the plan's nodes have come to is gone from this worker host.");
  return found;
}

/** What stands for the repository's mirror in such a run. */
export const mirrorOf = (shared: Pick<Shared, "dataDir">, run: Pick<Run, "task">, repositoryId: number): Mirror =>
  run.task.spec.node ? asMirror(planRepositoryOf(shared, run)) : openMirror(shared.dataDir, repositoryId);

/** Made where this is the plan's first run here. `fetched`: brings the mirror up to date. */
export async function openPlan(shared: Shared, run: Run, fetched: Promise<unknown>): Promise<PlanRepository> {
  await probeMerging();
  const of = ofNode(shared, run.task.spec);
  const found = findPlanRepository(of);
  if (found) return found;
  const { base } = await readPlan(shared, run, of.plan);
  const mirror = openMirror(of.dataDir, of.repositoryId);
  if (!(await hasCommit(mirror, base))) {
    await fetched;
    if (!(await hasCommit(mirror, base)))
      throw new Error(`The commit on which the plan was approved, ${base}, is on none of the repository's branches.`);
  }
  return openPlanRepository({ ...of, base });
}

async function hasCommit({ dir }: Mirror, sha: string): Promise<boolean> {
  return (await hostGit(dir, ["cat-file", "-e", `${sha}^{commit}`])).exitCode === 0;
}
