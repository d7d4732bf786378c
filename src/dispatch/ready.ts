/**
 * Whether a task may start, and as whose work. Pure. A task starts when no other task works on its branch, and when a living host
 * offers its agent; until then it waits, and says for what. On a pull request every task goes on from the one before it; on an
 * issue tasks are independent.
 */

import { takingWork } from "../task/hosts.ts";
import type { Lane } from "../task/lane.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import type { WaitingReason } from "../task/waiting.ts";
import { breakerOf, limitFor } from "./account-limit.ts";
import { withoutFunds } from "./funds.ts";
import { homeOf, keeperOf, onlyHostOf, takesFrom } from "./home.ts";
import { agentFor, routedTo } from "./offered-agent.ts";
import { parkedAt, stillHolding } from "./parked.ts";
import { predecessorOf, unfinished } from "./predecessor.ts";
import type { Readiness, World } from "./readiness.ts";
import { wishFor } from "./role-agent.ts";
import { asBefore, sinceBefore, WAITS_AT_MOST } from "./wait-until.ts";

/** `waiting`: what it waits for by now; the deadline of what it goes on waiting for stays. */
export function isReady(spec: TaskSpec, all: World, waiting: readonly WaitingReason[] = []): Readiness {
  const only = onlyHostOf(spec, all.task);
  const world = only === undefined ? all : { ...all, hosts: all.hosts.filter(({ id }) => id === only) };
  const held = stillHolding(waiting, world);
  if (held.length > 0) return { kind: "waits", reasons: held };
  const limited = waiting.find((reason) => reason.for === "limit");
  const parked = parkedAt(world.task);
  const named = limited?.agent ?? parked?.agent ?? wishFor(spec, world);
  const routing = named === undefined ? world.routing : undefined;
  const agent = agentFor(named ?? routedTo(routing), world);
  if (agent.kind === "unknown") return { kind: "refused", agent: agent.name, known: [...world.offered].sort() };
  const reasons = [
    ...unfinished(spec, world),
    ...(agent.kind === "absent" ? [absent(agent.name, world.now, only)] : []),
  ];
  if (reasons.length > 0 || agent.kind === "absent")
    return { kind: "waits", reasons: reasons.map((reason) => sinceBefore(reason, waiting, world)) };
  const home = only ?? limited?.host ?? parked?.host;
  const own = home === undefined ? undefined : takesFrom(home, agent.name, world.hosts);
  const breaker = breakerOf(agent.name, world, own);
  const limit = limitFor(spec, {
    agent: agent.name,
    breaker,
    limited,
    host: home,
    now: world.now,
  });
  if (limit) return { kind: "waits", reasons: [limit] };
  const poor = world.funds && withoutFunds(spec, world.funds, world.now, waiting);
  if (poor) return poor;
  const predecessor = predecessorOf(spec, world);
  const host =
    home === undefined
      ? (keeperOf(agent.name, world) ?? (predecessor && homeOf(predecessor, agent.name, world.hosts)))
      : own;
  const lane: Lane = {
    agent: agent.name,
    ...(host !== undefined && { host }),
    ...(only !== undefined && { only: true }),
  };
  return {
    kind: "ready",
    lane,
    continues: predecessor?.spec.id,
    ...(breaker && { probes: breaker }),
    ...(routing && { routing }),
  };
}

/** Whether the run may start that publishes what a team's plan has come to: it has no agent, and sets nothing aside. */
export function mayFinish(task: Task, { hosts, now }: World, waiting: readonly WaitingReason[]): Readiness {
  const only = onlyHostOf(task.spec, task);
  const [host] = takingWork(hosts.filter(({ id }) => id === only));
  if (host)
    return {
      kind: "ready",
      lane: { agent: task.agent ?? host.defaultAgent, host: host.id, only: true },
      continues: undefined,
    };
  const reason = absent(task.agent, now, only);
  return { kind: "waits", reasons: [asBefore(reason, waiting)] };
}

const absent = (agent: string | undefined, now: number, host: string | undefined): WaitingReason => ({
  for: "agent",
  ...(agent !== undefined && { agent }),
  ...(host !== undefined && { host }),
  until: now + WAITS_AT_MOST.agent,
});
