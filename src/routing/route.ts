/**
 * Chooses an arm, which is an agent with its model, by what a merged change costs with each: Thompson's way, a share of merged tasks drawn from what is known of it, what a task
 * costs divided by that, and the lowest wins. It only ever chooses among those that it is given. The seed is the task's id, so
 * the same task with the same numbers is given the same agent by every bot. Pure.
 */
import type { ArmCounts } from "../history/arms.ts";
import type { Arm, Candidate, Routing, RoutingRules } from "../task/routing.ts";
import { beta, type Draw, drawsFor } from "./draws.ts";
import { type KnownArm, knownArms, type WorkClass } from "./known-arms.ts";

export type Asked = {
  /** The task's id. */
  seed: string;
  rules: RoutingRules;
  work: WorkClass;
  /** That may be chosen. */
  arms: readonly Arm[];
  /** What is known; undefined: nobody can say. */
  counts: readonly ArmCounts[] | undefined;
};

/** Of the tasks that explore, so many go to any agent with equal chance: so none is given up for good. */
export const FLOOR = 0.1;
/** With fewer tasks than these nobody is best: it takes exploring to get so far. */
const TRIED = 10;
/** What an agent's tasks cost is taken to be that of all, until it has more tasks than these. */
const PSEUDO_RUNS = 2;

export function route({ seed, rules, work, arms: allowed, counts }: Asked): Routing {
  const { mode, explore, maxCostUsd } = rules;
  const base = { mode, class: `${work.kind}/${work.size}`, seed };
  const nothing = { ...base, candidates: [], fellBackTo: "default" as const };
  if (!counts) return { ...nothing, because: "no_history" };
  const byName = new Map(allowed.map((arm) => [nameOf(arm), arm]));
  const sorted = [...byName].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, arm]) => arm);
  if (sorted.length < 2) return { ...nothing, because: "one_agent" };
  const { arms, fellBackTo, isEnough } = knownArms(counts, sorted, work);
  const costs = costOf(arms);
  const affordable = arms.filter((arm) => maxCostUsd === undefined || costs(arm) <= maxCostUsd);
  if (affordable.length === 0) return { ...nothing, candidates: arms.map(candidateOf), because: "too_costly" };
  const draw = drawsFor(seed);
  const drawn = affordable.map((arm) => ({ arm, cost: costs(arm) / beta(1 + arm.rewards, 1 + failures(arm), draw) }));
  const tried = affordable.filter(({ n }) => isEnough && n >= TRIED);
  const best = lowest(tried, (arm) => costs(arm) / meanOf(arm));
  const other = draw() < explore ? explored(drawn, draw) : undefined;
  const chosen = other ?? best;
  return {
    ...base,
    candidates: drawn.map(({ arm, cost }) => ({ ...candidateOf(arm), draw: inCents(cost) })),
    ...(chosen && { chosen: chosen.agent }),
    ...(chosen?.model !== undefined && { model: chosen.model }),
    ...(other !== undefined && other !== best && { explored: true as const }),
    ...(chosen === undefined ? { fellBackTo: "default" as const } : fellBackTo && { fellBackTo }),
    ...((chosen === undefined || !isEnough) && { because: "not_enough" as const }),
  };
}

const nameOf = ({ agent, model }: Arm): string => JSON.stringify([agent, model ?? ""]);

/** What a task of an arm costs, US dollars; the same of all where nobody states it. */
function costOf(arms: readonly KnownArm[]): (arm: KnownArm) => number {
  const sum = (of: (arm: KnownArm) => number) => arms.reduce((total, arm) => total + of(arm), 0);
  const costed = sum((arm) => arm.costed);
  const ofAll = costed > 0 ? sum((arm) => arm.costUsd) / costed : 1;
  // Where nothing was ever paid only the shares are left to tell them apart.
  const mean = ofAll > 0 ? ofAll : 1;
  return (arm) => (arm.costUsd + PSEUDO_RUNS * mean) / (arm.costed + PSEUDO_RUNS);
}

const failures = ({ n, rewards }: KnownArm): number => Math.max(0, n - rewards);

const meanOf = (arm: KnownArm): number => (1 + arm.rewards) / (2 + arm.rewards + failures(arm));

function explored(drawn: readonly { arm: KnownArm; cost: number }[], draw: Draw): KnownArm | undefined {
  if (draw() < FLOOR) return drawn[Math.floor(draw() * drawn.length)]?.arm;
  return lowest(drawn, ({ cost }) => cost)?.arm;
}

/** The first of those that are equal. */
function lowest<Each>(all: readonly Each[], of: (each: Each) => number): Each | undefined {
  return all.reduce<Each | undefined>((low, each) => (low === undefined || of(each) < of(low) ? each : low), undefined);
}

function candidateOf({ agent, model, version, n, merged, costUsd }: KnownArm): Candidate {
  return {
    arm: agent,
    ...(model !== undefined && { model }),
    ...(version !== undefined && { version }),
    n: inCents(n),
    merged: inCents(merged),
    ...(merged > 0 && { costPerMerged: inCents(costUsd / merged) }),
  };
}

const inCents = (value: number): number => Math.round(value * 100) / 100;
