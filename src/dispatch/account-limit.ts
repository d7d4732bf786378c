/** For how long a task waits because the accounts of its agent refuse, and when it is the one that tries again. Pure. */
import { type Breaker, isProbed } from "../task/breaker.ts";
import { type HostView, takingWork } from "../task/hosts.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { type LimitReason, limitReason } from "../task/waiting.ts";

/** How soon a task looks again whose turn it may be next, ms. */
const NEXT_LOOK_MS = 15_000;

type World = { hosts: readonly HostView[]; breakers: readonly Breaker[] };

/**
 * Undefined as long as some host's account for the agent takes requests; else the one that is tried first. `own`: the host on which the
 * task goes on, whose account alone matters then.
 */
export function breakerOf(agent: string, { hosts, breakers }: World, own: string | undefined): Breaker | undefined {
  const all = (own === undefined ? takingWork(hosts) : hosts.filter(({ id }) => id === own))
    .filter(({ agents }) => agents.includes(agent))
    .map(({ accounts }) => breakers.find((each) => each.agent === agent && each.account === accounts?.[agent]));
  return all.every((breaker) => breaker !== undefined) ? all.toSorted((one, other) => one.at - other.at)[0] : undefined;
}

/** `host`: where the task was parked. */
type Limit = {
  agent: string;
  breaker: Breaker | undefined;
  limited: LimitReason | undefined;
  host: string | undefined;
  now: number;
};

/** What an account that refuses makes of a task: it waits for its own time, then for that of the account, then for who tries. */
export function limitFor({ id }: TaskSpec, { agent, breaker, limited, host, now }: Limit): LimitReason | undefined {
  if (limited && !limited.probing && now < limited.at) return limitReason(limited, now);
  if (!breaker) return undefined;
  const { why, since, at } = breaker;
  if (now < at) return limitReason({ agent, why, since: Math.max(since, limited?.at ?? 0), at, host }, now);
  if (!isProbed(breaker, id, now)) return undefined;
  // The time stays the same while it waits, so that nobody is told anew.
  const next = limited?.probing && limited.at > now ? limited.at : now + NEXT_LOOK_MS;
  return limitReason({ agent, why, since, at: Math.max(next, breaker.probe?.until ?? 0), host, probing: true }, now);
}
