/**
 * Has an agent chosen for a task by what came of earlier ones, where its repository wishes that and nobody has named an agent: not in the
 * command, by a label, nor in the file, nor a model, which only one agent may know. Teams, reviews and whatever goes on from another task are left to who they are for.
 */
import { kindOf, sizeOf } from "../history/past.ts";
import type { ArmSource } from "../routing/arm-source.ts";
import { route } from "../routing/route.ts";
import { type HostView, takingWork } from "../task/hosts.ts";
import type { Arm, Routing, RoutingRules } from "../task/routing.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
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
  const { routingRules: wished, team, node, review, after, model } = spec;
  if (!wished || model !== undefined || team || node || review || after !== undefined) return undefined;
  if (wishFor(spec, world) !== undefined || world.before.some(mayGoOnFrom)) return undefined;
  const work = { repositoryId: spec.repository.id, kind: kindOf(spec), size: sizeOf(spec) };
  const counts = await router?.arms();
  return route({
    seed: spec.id,
    rules: narrowed(wished, router?.maxCostUsd),
    work,
    arms: armsOf(wished, world),
    counts,
  });
}

/** Of what living hosts offer. A model only where every host that may take the task can tell the agent of it. */
function armsOf({ agents: only, models = [] }: RoutingRules, { hosts: all }: Pick<World, "hosts">): Arm[] {
  const hosts = takingWork(all);
  const agents = hosts.flatMap(({ agents }) => agents).filter((agent) => only?.includes(agent) ?? true);
  const tellable = models.filter(({ agent, model }) => {
    const offering = hosts.filter((host) => host.agents.includes(agent));
    const isOwn = agents.includes(agent) && offering.every((host) => host.models?.[agent] === model);
    return offering.length > 0 && !isOwn && offering.every((host) => host.tellable?.includes(agent));
  });
  return [...[...new Set(agents)].map((agent) => ({ agent })), ...tellable];
}

/** The operator's bound holds as well as the repository's. */
function narrowed(rules: RoutingRules, most: number | undefined): RoutingRules {
  const bounds = [rules.maxCostUsd, most].filter((each) => each !== undefined);
  return bounds.length === 0 ? rules : { ...rules, maxCostUsd: Math.min(...bounds) };
}
