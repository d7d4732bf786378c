/**
 * Has an agent chosen for a task by what came of earlier ones, where its repository wishes that and nobody has named an agent: not in the
 * command, by a label, nor in the file. Teams, reviews and whatever goes on from another task are left to who they are for.
 */
import { kindOf, sizeOf } from "../history/past.ts";
import type { ArmSource } from "../routing/arm-source.ts";
import { route } from "../routing/route.ts";
import { type HostView, takingWork } from "../task/heartbeat.ts";
import type { Routing, RoutingRules } from "../task/routing.ts";
import type { Task, TaskSpec } from "../task/task.ts";
import { mayGoOnFrom } from "./predecessor.ts";
import { wishFor } from "./role-agent.ts";

/** What the operator gives: what is known of agents, and what a task may cost at most where an agent is chosen. */
export type Router = { arms: ArmSource; maxCostUsd?: number | undefined };

type World = { hosts: readonly HostView[]; first?: Task | undefined; before: readonly Task[] };

/** Undefined where no agent is to be chosen so. */
export async function routingFor(
  spec: TaskSpec,
  world: World,
  router: Router | undefined,
): Promise<Routing | undefined> {
  const { routingRules: wished, team, node, review, after } = spec;
  if (!wished || team || node || review || after !== undefined) return undefined;
  if (wishFor(spec, world) !== undefined || world.before.some(mayGoOnFrom)) return undefined;
  const offered = takingWork(world.hosts).flatMap(({ agents }) => agents);
  const agents = wished.agents ? offered.filter((agent) => wished.agents?.includes(agent)) : offered;
  const work = { repositoryId: spec.repository.id, kind: kindOf(spec), size: sizeOf(spec) };
  const counts = await router?.arms();
  return route({ seed: spec.id, rules: narrowed(wished, router?.maxCostUsd), work, agents, counts });
}

/** The operator's bound holds as well as the repository's. */
function narrowed(rules: RoutingRules, most: number | undefined): RoutingRules {
  const bounds = [rules.maxCostUsd, most].filter((each) => each !== undefined);
  return bounds.length === 0 ? rules : { ...rules, maxCostUsd: Math.min(...bounds) };
}
