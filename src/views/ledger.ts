/** All envelopes that are of use today, for the operator: what each may hold, and what of it is spent, set aside and left. */
import type { Redis } from "ioredis";
import { type Caps, dayOf, isDaily, narrower, narrowestCaps } from "../task/envelope.ts";
import type { HostView } from "../task/hosts.ts";
import { type Reserve, readEnvelopes, readReserves } from "../task/ledger.ts";
import type { Amounts } from "../text/budget.ts";
import { type EnvelopeView, envelopeView } from "./budget.ts";

export type LedgerView = {
  /** UTC. */
  day: string;
  /** What the operator's files say, the smallest of each. */
  caps: Caps;
  /** Those of today, and conversations of the last day. */
  envelopes: EnvelopeView[];
  /** What runs have set aside that are going. */
  reserves: ({ task: string } & Reserve)[];
};

const RECENT_MS = 24 * 3600_000;

export async function readLedger(redis: Redis, hosts: readonly HostView[], now: number): Promise<LedgerView> {
  const caps = narrowestCaps(hosts.filter(({ alive }) => alive).map(({ budget }) => budget)) ?? {};
  const day = dayOf(now);
  const [known, reserves] = await Promise.all([readEnvelopes(redis, now - RECENT_MS), readReserves(redis)]);
  const today = known.filter(({ of, name }) => !isDaily(of) || name.endsWith(day));
  const limitOf = (of: EnvelopeView["of"]): Amounts => narrower(caps[of]);
  return {
    day,
    caps,
    envelopes: today.map((each) => envelopeView({ ...each, limit: limitOf(each.of) })),
    reserves: [...reserves].map(([task, reserve]) => ({ task, ...reserve })),
  };
}
