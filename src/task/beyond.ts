/**
 * Where a revision goes beyond what was approved: more nodes, files, roles or servers than a person has seen, or more money than is left. That
 * is a person's to decide. What not even a person may allow here is a problem, which is told to whoever wants it. Pure.
 */
import { type Amounts, amountWords, UNITS, type Unit } from "../text/budget.ts";
import type { Exceeds } from "./asked-shape.ts";
import { needsNobody } from "./auto-approval.ts";
import { forNodes } from "./envelope.ts";
import { nodeOf, type Plan, type PlanNode } from "./plan.ts";
import { covers } from "./scope.ts";

/** `limit`: of the whole plan; `used`: of that, what runs have used or set aside; `most`: nobody here may give it more. */
export type Funds = { limit: Amounts; used: Amounts; most: Amounts };

/** `exceeds`: undefined where it stays within. */
export type Beyond = { exceeds?: Exceeds; problems: string[] };

export function beyondOf(before: Plan, after: Plan, funds?: Funds): Beyond {
  const { raise, problems } = moneyFor(before, after, funds);
  const exceeds: Exceeds = {
    ...sizeBeyond(before, after),
    ...rightsBeyond(before, after),
    ...(raise && { budget: raise }),
  };
  return { problems, ...(Object.keys(exceeds).length > 0 && { exceeds }) };
}

/** What was put aside needs no place in the graph. */
export const inGraph = ({ nodes }: Pick<Plan, "nodes">): PlanNode[] =>
  nodes.filter(({ state }) => state.name !== "superseded");

/** Half as many again as were approved, and always two: so much a plan may grow with what it meets. */
export const mayGrowTo = ({ approved, caps }: Pick<Plan, "approved" | "caps">): number =>
  approved === undefined
    ? caps.nodes
    : Math.min(caps.nodes, approved.nodes + Math.max(LEAST_MORE, Math.ceil(approved.nodes / 2)));

const LEAST_MORE = 2;

function sizeBeyond(before: Plan, after: Plan): Exceeds {
  const nodes = inGraph(after);
  const isMore = nodes.length > inGraph(before).length;
  const most = mayGrowTo(before);
  const within = before.approved?.within;
  const isSmall = !within || needsNobody({ goal: after.goal, nodes }, within);
  return {
    ...(isMore && nodes.length > most && { nodes: { would: nodes.length, most } }),
    ...(!isSmall && addedTo(before, after).length > 0 && { small: true as const }),
  };
}

const addedTo = (before: Plan, { nodes }: Plan): PlanNode[] => nodes.filter(({ id }) => !nodeOf(before, id));

/** A plan of which nobody knows what was approved is bound by its caps alone. */
function rightsBeyond(before: Plan, after: Plan): Exceeds {
  if (!before.approved) return {};
  const added = addedTo(before, after);
  const known = before.nodes.flatMap(({ scope }) => scope);
  const scopes = added.flatMap(({ scope }) => scope).filter((glob) => !covers(known, glob));
  const roles = added.map(({ role }) => role).filter((role) => before.nodes.every((node) => node.role !== role));
  const servers = added
    .flatMap(({ servers: its = [] }) => its)
    .filter((name) => before.nodes.every((node) => !node.servers?.includes(name)));
  return {
    ...(scopes.length > 0 && { scopes: [...new Set(scopes)] }),
    ...(roles.length > 0 && { roles: [...new Set(roles)] }),
    ...(servers.length > 0 && { servers: [...new Set(servers)] }),
  };
}

type Raise = { raise?: Amounts; problems: string[] };

/** What a node does not say of itself is not known beforehand, and left to the ledger. */
function moneyFor(before: Plan, after: Plan, funds: Funds | undefined): Raise {
  if (!funds) return { problems: [] };
  const raise: Amounts = {};
  const problems: string[] = [];
  for (const unit of UNITS) {
    const limit = funds.limit[unit];
    const [need, needed] = [needOf(after, unit), needOf(before, unit)];
    const used = funds.used[unit] ?? 0;
    if (limit === undefined || need <= needed || used + need <= forNodes(unit, limit) + SMALLEST) continue;
    const whole = wholeFor(unit, used + need);
    const most = funds.most[unit];
    if (most === undefined || whole <= most) raise[unit] = whole;
    else
      problems.push(
        `What waits would need ${amountWords(unit, need)}, for which the plan would have to be given ${amountWords(unit, whole)}, and at most ${amountWords(unit, most)} may be.`,
      );
  }
  // What is not raised stays limited as it is.
  return { problems, ...(Object.keys(raise).length > 0 && { raise: { ...funds.limit, ...raise } }) };
}

const needOf = ({ nodes }: Plan, unit: Unit): number =>
  nodes
    .filter(({ state }) => state.name === "waiting")
    .reduce((sum, { budget }) => sum + (unit === "runs" ? 1 : (budget?.[unit] ?? 0)), 0);

/** What the whole plan has to be given so that its nodes have so much. */
function wholeFor(unit: Unit, amount: number): number {
  const share = forNodes(unit, STEPS[unit]) / STEPS[unit];
  let whole = Math.ceil(amount / share / ROUND[unit] - SMALLEST) * ROUND[unit];
  while (forNodes(unit, whole) < amount - SMALLEST) whole += ROUND[unit];
  return unit === "usd" ? Math.round(whole * 100) / 100 : whole;
}

/** Sums of dollars are not exact. */
const SMALLEST = 1e-9;
/** So many of which a share can be taken without rounding; and to what amounts are rounded up. */
const STEPS: Readonly<Record<Unit, number>> = { usd: 1, tokens: 1, ms: 1, runs: 1_000 };
const ROUND: Readonly<Record<Unit, number>> = { usd: 0.01, tokens: 1_000, ms: 60_000, runs: 1 };
