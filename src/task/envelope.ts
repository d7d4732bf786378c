/**
 * Envelopes: what may be used at most, and by whom together. Every run of a task draws on all of its envelopes: the task's, the
 * conversation's, and those of the person, of the repository and of all for a day. Before a run starts it sets aside what it may
 * use (its reserve), in all of them or in none (`ledger.ts`); when it is over, what it has used is booked. So what is spent and
 * what is set aside is never more than an envelope holds. Pure.
 */
import { z } from "zod";
import { type Amounts, UNITS, type Unit } from "../text/budget.ts";
import { numberSign } from "./own-place.ts";
import type { TaskSpec } from "./task-spec.ts";

/** From the smallest to the largest. */
export const ENVELOPES = ["task", "plan", "conversation", "person", "repository", "day"] as const;
export type EnvelopeKind = (typeof ENVELOPES)[number];

export const amountsShape = z.partialRecord(z.enum(UNITS), z.number().nonnegative());

/** How much each envelope holds; `run`: what one run may use; `taskDefault`: what a task has for which nobody sets anything. */
export const capsShape = z.partialRecord(z.enum([...ENVELOPES, "run", "taskDefault"]), amountsShape);
export type Caps = { [Name in EnvelopeKind | "run" | "taskDefault"]?: Amounts | undefined };

/** `name`: in the ledger; `label`: for people. `limit`: only of the units that are limited. */
export type Envelope = { of: EnvelopeKind; name: string; label: string; limit: Amounts };
/** As it stands: what runs have used, and what runs that are going have set aside. */
export type Balance = Envelope & { spent: Amounts; reserved: Amounts };

/** Of what a plan may use, this part is for its nodes. */
const NODES_SHARE = 0.8;

/** The day (UTC) as it is written, e.g. 2026-11-27. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** Those that begin anew with each day. */
export const isDaily = (of: EnvelopeKind): boolean => of === "person" || of === "repository" || of === "day";

/** The smaller amount of each unit. */
export const narrower = (...all: readonly (Amounts | undefined)[]): Amounts => joined(all, Math.min);

/** The larger amount of each unit that any of them has. */
export const widest = (...all: readonly (Amounts | undefined)[]): Amounts => joined(all, Math.max);

function joined(all: readonly (Amounts | undefined)[], by: (one: number, other: number) => number): Amounts {
  const made: Amounts = {};
  for (const amounts of all) {
    for (const unit of UNITS) {
      const amount = amounts?.[unit];
      if (amount !== undefined) made[unit] = by(amount, made[unit] ?? amount);
    }
  }
  return made;
}

/** Several hosts may say different things: the smallest amount of each counts. Undefined where nothing is limited. */
export function narrowestCaps(all: readonly (Caps | undefined)[]): Caps | undefined {
  const names = [...ENVELOPES, "run", "taskDefault"] as const;
  const caps = Object.fromEntries(
    names
      .map((name) => [name, narrower(...all.map((each) => each?.[name]))] as const)
      .filter(([, each]) => isLimited(each)),
  );
  return Object.keys(caps).length > 0 ? caps : undefined;
}

const isLimited = (amounts: Amounts): boolean => UNITS.some((unit) => amounts[unit] !== undefined);

type Spending = Pick<TaskSpec, "id" | "repository" | "conversation" | "actor" | "budget" | "caps" | "team" | "node">;

/** What the operator, and the repository's file, let the task use at most; of a team's task, and of its nodes, the whole plan. */
export const mostOf = ({ caps, team, node }: Spending, operator: Caps | undefined): Amounts =>
  narrower(operator?.task, caps?.task, ...(team || node ? [operator?.plan, caps?.plan] : []));

/** All that a run of the task draws on, begun at this time; undefined where nothing at all is limited. */
export function envelopesOf(spec: Spending, operator: Caps | undefined, at: number): Envelope[] | undefined {
  const { id, repository, conversation, actor, caps, budget, node } = spec;
  if (!operator && !caps && !budget && !node?.planBudget) return undefined;
  const both = (of: EnvelopeKind) => narrower(operator?.[of], caps?.[of]);
  const day = dayOf(at);
  const where = `${repository.owner}/${repository.name}`;
  const make = (of: EnvelopeKind, name: string, label: string, limit = both(of)): Envelope => ({
    of,
    name: `${of}:${name}`,
    label,
    limit,
  });
  return [
    make("task", id, id, ownLimit(spec, operator)),
    ...planOf(spec).map((plan) => make("plan", plan, plan, limitOfPlan(spec, operator))),
    make("conversation", `${repository.id}:${conversation}`, `${where}${numberSign(conversation)}`),
    ...(actor ? [make("person", `${actor.id}:${day}`, actor.login)] : []),
    make("repository", `${repository.id}:${day}`, where),
    make("day", day, day),
  ];
}

/** The first envelope: of a team's task it is the plan's that counts. */
function ownLimit(spec: Spending, operator: Caps | undefined): Amounts {
  if (spec.team) return {};
  if (!spec.node) return narrower(mostOf(spec, operator), spec.budget ?? operator?.taskDefault);
  const { share } = spec.node;
  return (
    spec.budget ??
    mapAmounts(limitOfPlan(spec, operator), (unit, amount) => (unit === "runs" ? amount : amount * share))
  );
}

const planOf = ({ id, team, node }: Spending): string[] => (team ? [id] : node ? [node.plan] : []);

/**
 * What all runs of a plan may use together: what a task may. Its nodes leave a part of that to the ones that bring their work together,
 * and to the manager.
 */
export function limitOfPlan(spec: Spending, operator: Caps | undefined): Amounts {
  const { node, budget } = spec;
  const all = narrower(mostOf(spec, operator), (node ? node.planBudget : budget) ?? operator?.taskDefault);
  return node ? mapAmounts(all, forNodes) : all;
}

/** What of it the nodes of a plan may use. There are no parts of runs. */
export const forNodes = (unit: Unit, amount: number): number =>
  unit === "runs" ? Math.max(1, Math.floor(amount * NODES_SHARE)) : amount * NODES_SHARE;

/** What a run wants to set aside: as much as it may use, were the envelopes full. */
export function wantOf(spec: Spending, operator: Caps | undefined, envelopes: readonly Envelope[]): Amounts {
  const limits = narrower(operator?.run, spec.caps?.run, ...envelopes.map(({ limit }) => limit));
  return { ...limits, runs: Math.min(1, limits.runs ?? 1) };
}

/** A run starts with less than it wants, but not with so little that it would be stopped at once. */
export const LEAST_SHARE = 0.1;

/** In the ledger amounts are whole numbers, dollars in millionths: sums of them are exact. */
const PER_UNIT: Readonly<Record<Unit, number>> = { usd: 1e6, tokens: 1, ms: 1, runs: 1 };
/** Far more than anybody uses, and few enough for sums in Redis. What an agent says that it has used may be any number. */
const MOST_WHOLE = 1e15;
export function toWhole(unit: Unit, amount: number): number {
  const whole = Math.round(amount * PER_UNIT[unit]);
  return Number.isNaN(whole) ? MOST_WHOLE : Math.min(Math.max(whole, 0), MOST_WHOLE);
}
export const fromWhole = (unit: Unit, amount: number): number => amount / PER_UNIT[unit];
export const mapAmounts = (amounts: Amounts, by: (unit: Unit, amount: number) => number): Amounts =>
  Object.fromEntries(UNITS.flatMap((unit) => (amounts[unit] === undefined ? [] : [[unit, by(unit, amounts[unit])]])));

/** Why a run cannot start: of this envelope too little is left. `never`: not even a full one would hold enough. */
export type Short = { of: EnvelopeKind; unit: Unit; never?: true };

/** What stands in the way of a start. The ledger's script decides by the same rule, in the same order. */
export function shortOf(balances: readonly Balance[], want: Amounts): Short | undefined {
  for (const balance of balances) {
    const left = leftOf(balance);
    for (const unit of UNITS) {
      const [most, wanted, rest] = [balance.limit[unit], want[unit], left[unit]];
      if (most === undefined || wanted === undefined || rest === undefined) continue;
      const least = leastOf(unit, toWhole(unit, wanted));
      if (toWhole(unit, rest) >= least) continue;
      return { of: balance.of, unit, ...(toWhole(unit, most) < least && { never: true }) };
    }
  }
  return undefined;
}

const leastOf = (unit: Unit, wanted: number): number =>
  unit === "runs" ? 1 : Math.max(1, Math.ceil(wanted * LEAST_SHARE));

/** What is left of it; a run that used more than it had set aside leaves nothing. */
export const leftOf = ({ limit, spent, reserved }: Balance): Amounts =>
  mapAmounts(limit, (unit, most) => Math.max(0, most - (spent[unit] ?? 0) - (reserved[unit] ?? 0)));
