/** Envelopes as people and programs are shown them: what each holds, and what of it is spent, set aside and left. Plain data. */
import { type Balance, isDaily, leftOf } from "../task/envelope.ts";
import { type Amounts, UNITS } from "../text/budget.ts";
import { bare } from "../text/quote.ts";

/** `daily`: it begins anew with each day. `left`: only of units that are limited. */
export type EnvelopeView = Omit<Balance, "name"> & { daily: boolean; left: Amounts };

export const envelopeView = (balance: Balance): EnvelopeView => {
  const { of, label, limit, spent, reserved } = balance;
  return { of, label: bare(label, 140), daily: isDaily(of), limit, spent, reserved, left: leftOf(balance) };
};

export const isLimited = ({ limit }: Pick<Balance, "limit">): boolean =>
  UNITS.some((unit) => limit[unit] !== undefined);
