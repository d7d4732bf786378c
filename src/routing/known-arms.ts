/**
 * What is known of each arm for a class of work: from this repository, or from more than that where too little was done of it there. Pure.
 *
 * A task counts for the arm with the model that it was done with, as its agent said that; whatever no arm names counts for the agent with its operator's.
 */
import type { ArmCounts } from "../history/arms.ts";
import type { Arm, FALLBACKS } from "../task/routing.ts";

/** Below so many tasks of all agents together a difference between them is chance. */
const ENOUGH = 50;
/** What an earlier program of an arm, or another model of its operator's, tells of the present one. */
const OF_BEFORE = 0.3;
/** What verified work that is not merged yet counts. */
const PENDING = 0.5;

/** The kind and size of the work, where it is done. */
export type WorkClass = { repositoryId: number; kind: string; size: string };

/** `rewards`: merged, and in part what may be; `costed`: tasks of which it is known what they cost. */
export type KnownArm = Arm & {
  version?: string;
  n: number;
  merged: number;
  rewards: number;
  costUsd: number;
  costed: number;
};

export type Known = {
  arms: KnownArm[];
  fellBackTo?: (typeof FALLBACKS)[number];
  /** They tell enough to choose by. */
  isEnough: boolean;
};

/** `arms`: each is there, also with nothing known of it. */
export function knownArms(counts: readonly ArmCounts[], arms: readonly Arm[], work: WorkClass): Known {
  const ofAgents = counts.filter((row) => armOf(row, arms) !== undefined);
  const present = new Map(arms.map((arm) => [arm, newest(ofAgents.filter((row) => armOf(row, arms) === arm))]));
  const ofClass = ofAgents.filter(({ kind, size }) => kind === work.kind && size === work.size);
  const here = ofClass.filter(({ repositoryId }) => repositoryId === work.repositoryId);
  const sums = (rows: readonly ArmCounts[]) =>
    arms.map((arm) => {
      const own = rows.filter((row) => armOf(row, arms) === arm);
      return sumOf(arm, own, present.get(arm));
    });
  if (tasksIn(here) >= ENOUGH) return { arms: sums(here), isEnough: true };
  if (tasksIn(ofClass) >= ENOUGH) return { arms: sums(ofClass), fellBackTo: "all_repositories", isEnough: true };
  if (tasksIn(ofAgents) >= ENOUGH) return { arms: sums(ofAgents), fellBackTo: "all_kinds", isEnough: true };
  return { arms: sums(ofAgents), fellBackTo: "default", isEnough: false };
}

const tasksIn = (rows: readonly ArmCounts[]): number => rows.reduce((sum, { tasks }) => sum + tasks, 0);

const variantOf = ({ model, version }: ArmCounts): string => JSON.stringify([model, version]);

/** The arm for which a task counts: of several whose model it may have been the one that is named most closely. */
function armOf({ agent, model }: ArmCounts, arms: readonly Arm[]): Arm | undefined {
  const own = arms.filter((arm) => arm.agent === agent);
  const named = own.filter((arm) => arm.model !== undefined && isCalled(model, arm.model));
  const closest = named.toSorted((one, other) => (other.model?.length ?? 0) - (one.model?.length ?? 0))[0];
  return closest ?? own.find((arm) => arm.model === undefined);
}

/** An agent that is told `opus` may say that it uses `claude-opus-5`. */
function isCalled(said: string, told: string): boolean {
  const at = said.indexOf(told);
  const isPart = (character: string | undefined) => character !== undefined && /[a-z0-9]/i.test(character);
  return at >= 0 && !isPart(said[at - 1]) && !isPart(said[at + told.length]);
}

/** The model and program that worked last. */
function newest(rows: readonly ArmCounts[]): ArmCounts | undefined {
  return rows.reduce<ArmCounts | undefined>(
    (known, row) =>
      !known || row.last > known.last || (row.last === known.last && row.tasks > known.tasks) ? row : known,
    undefined,
  );
}

function sumOf(arm: Arm, rows: readonly ArmCounts[], present: ArmCounts | undefined): KnownArm {
  const { version = "" } = present ?? {};
  const known = { ...arm, ...(version !== "" && { version }), n: 0, merged: 0, rewards: 0, costUsd: 0, costed: 0 };
  for (const row of rows) {
    const weight = present && variantOf(row) === variantOf(present) ? 1 : OF_BEFORE;
    known.n += weight * row.tasks;
    known.merged += weight * row.merged;
    known.rewards += weight * (row.merged + PENDING * row.pending);
    known.costUsd += weight * row.costUsd;
    known.costed += weight * row.costed;
  }
  return known;
}
