/** Whether a run of a task can set aside what it needs, of what its envelopes have left. Pure. */
import { type Balance, type EnvelopeKind, shortOf } from "../task/envelope.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import type { WaitingReason } from "../task/waiting.ts";
import { type Amounts, UNITS, type Unit } from "../text/budget.ts";
import { asBefore, WAITS_AT_MOST } from "./wait-until.ts";

/** Its envelopes as they stand, what its run wants to set aside, and what a task may be given at most. */
export type Funds = { balances: readonly Balance[]; want: Amounts; most: Amounts };

/** Why it can never start. `beyond`: it was given more than it may have. */
export type Unaffordable =
  | { what: "beyond"; unit: Unit; asked: number; most: number }
  | { what: "short"; of: EnvelopeKind; unit: Unit; limit: number };

/** What keeps a task from starting that lacks them. */
type WithoutFunds = { kind: "waits"; reasons: WaitingReason[] } | { kind: "unaffordable"; why: Unaffordable };

/** Undefined where its run can set aside what it needs. */
export function withoutFunds(
  { budget }: TaskSpec,
  { balances, want, most }: Funds,
  now: number,
  waiting: readonly WaitingReason[],
): WithoutFunds | undefined {
  for (const unit of UNITS) {
    const [asked, limit] = [budget?.[unit], most[unit]];
    if (asked !== undefined && limit !== undefined && asked > limit)
      return { kind: "unaffordable", why: { what: "beyond", unit, asked, most: limit } };
  }
  const short = shortOf(balances, want);
  if (!short) return undefined;
  const { of, unit } = short;
  const balance = balances.find((each) => each.of === of);
  // Nothing comes back to a task that has used up its own: no run of it is going.
  if (short.never || ((of === "task" || of === "plan") && !balance?.reserved[unit]))
    return { kind: "unaffordable", why: { what: "short", of, unit, limit: balance?.limit[unit] ?? 0 } };
  const reason: WaitingReason = { for: "budget", of, unit, until: now + WAITS_AT_MOST.budget };
  return { kind: "waits", reasons: [asBefore(reason, waiting)] };
}
