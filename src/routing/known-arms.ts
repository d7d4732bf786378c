/**
 * What is known of each agent for a class of work: from this repository, or from more than that where it has done too little of it. Pure.
 */
import type { ArmCounts } from "../history/arms.ts";
import type { FALLBACKS } from "../task/routing.ts";

/** Below so many tasks of all agents together a difference between them is chance. */
const ENOUGH = 50;
/** What an earlier program or model of an agent tells of the present one. */
const OF_BEFORE = 0.3;
/** What verified work that is not merged yet counts. */
const PENDING = 0.5;

/** The kind and size of the work, where it is done. */
export type WorkClass = { repositoryId: number; kind: string; size: string };

/** `rewards`: merged, and in part what may be; `costed`: tasks of which it is known what they cost. */
export type KnownArm = { agent: string; n: number; merged: number; rewards: number; costUsd: number; costed: number };

export type Known = {
  arms: KnownArm[];
  fellBackTo?: (typeof FALLBACKS)[number];
  /** They tell enough to choose by. */
  isEnough: boolean;
};

/** `agents`: each is there, also with nothing known of it. */
export function knownArms(counts: readonly ArmCounts[], agents: readonly string[], work: WorkClass): Known {
  const ofAgents = counts.filter(({ agent }) => agents.includes(agent));
  const present = presentVariants(ofAgents);
  const ofClass = ofAgents.filter(({ kind, size }) => kind === work.kind && size === work.size);
  const here = ofClass.filter(({ repositoryId }) => repositoryId === work.repositoryId);
  const sums = (rows: readonly ArmCounts[]) => agents.map((agent) => sumOf(agent, rows, present.get(agent)));
  if (tasksIn(here) >= ENOUGH) return { arms: sums(here), isEnough: true };
  if (tasksIn(ofClass) >= ENOUGH) return { arms: sums(ofClass), fellBackTo: "all_repositories", isEnough: true };
  if (tasksIn(ofAgents) >= ENOUGH) return { arms: sums(ofAgents), fellBackTo: "all_kinds", isEnough: true };
  return { arms: sums(ofAgents), fellBackTo: "default", isEnough: false };
}

const tasksIn = (rows: readonly ArmCounts[]): number => rows.reduce((sum, { tasks }) => sum + tasks, 0);

const variantOf = ({ model, version }: ArmCounts): string => JSON.stringify([model, version]);

/** Of each agent the model and program that worked last. */
function presentVariants(rows: readonly ArmCounts[]): Map<string, string> {
  const newest = new Map<string, ArmCounts>();
  for (const row of rows) {
    const known = newest.get(row.agent);
    if (!known || row.last > known.last || (row.last === known.last && row.tasks > known.tasks))
      newest.set(row.agent, row);
  }
  return new Map([...newest].map(([agent, row]) => [agent, variantOf(row)]));
}

function sumOf(agent: string, rows: readonly ArmCounts[], present: string | undefined): KnownArm {
  const arm: KnownArm = { agent, n: 0, merged: 0, rewards: 0, costUsd: 0, costed: 0 };
  for (const row of rows) {
    if (row.agent !== agent) continue;
    const weight = variantOf(row) === present ? 1 : OF_BEFORE;
    arm.n += weight * row.tasks;
    arm.merged += weight * row.merged;
    arm.rewards += weight * (row.merged + PENDING * row.pending);
    arm.costUsd += weight * row.costUsd;
    arm.costed += weight * row.costed;
  }
  return arm;
}
