/** How much of what a plan's nodes may use is used, by the ledger. */
import type { Redis } from "ioredis";
import { type Envelope, envelopesOf, forNodes, mapAmounts, narrowestCaps } from "../task/envelope.ts";
import type { HostView } from "../task/hosts.ts";
import { readBalances } from "../task/ledger.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { UNITS } from "../text/budget.ts";

/** From this share on people are told. */
const LOW_SHARE = 0.8;

/** `spec`: of the team's task. Nothing is asked of the ledger where nothing is limited. */
export async function isMostlyUsed(
  redis: Redis,
  spec: TaskSpec,
  { hosts, at }: { hosts: readonly HostView[]; at: number },
): Promise<boolean> {
  const envelope = planOf(spec, hosts, at);
  if (!envelope) return false;
  const [balance] = await readBalances(redis, [envelope]);
  return UNITS.some((unit) => {
    const [most, spent = 0] = [envelope.limit[unit], balance?.spent[unit]];
    return most !== undefined && spent >= most * LOW_SHARE;
  });
}

function planOf(spec: TaskSpec, hosts: readonly HostView[], at: number): Envelope | undefined {
  const caps = narrowestCaps(hosts.filter(({ alive }) => alive).map(({ budget }) => budget));
  const plan = envelopesOf(spec, caps, at)?.find(({ of }) => of === "plan");
  if (!plan || Object.keys(plan.limit).length === 0) return undefined;
  return { ...plan, limit: mapAmounts(plan.limit, forNodes) };
}
