/**
 * The agent of a run as far as it can be known before the fetch has ended: the one that the rules of the last fetch name. Its
 * session of an earlier task is brought into its home, and its own is held. Where the guess was wrong, that is made good.
 */
import { Refusal } from "../../../src/refusal.ts";
import { type FoundFile, parseRepositoryFile } from "../../../src/settings/repository-file.ts";
import type { Resources } from "../../../src/settings/resources.ts";
import type { Task } from "../../../src/task/task.ts";
import type { AgentDefinition } from "../../agents/adapter.ts";
import { definedEnv } from "../../agents/environment.ts";
import { emptyHome } from "../../kept-sessions/pack.ts";
import { type Continues, takeSession } from "../../kept-sessions/take-session.ts";
import type { OperatorFile } from "../../operator-file.ts";
import type { HeldStep } from "../../tmux/sessions.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { Place } from "../ground.ts";
import { resourcesOf, withModelOfTask } from "../role.ts";
import type { Run, Shared } from "../run.ts";
import type { Resumed } from "../run-record.ts";
import { holdAgent } from "./hold-agent.ts";

/** `step`: undefined where the agent's session could not be held. `resumed`: is in the home of the workspace. */
type Early = {
  agent: AgentDefinition;
  resources: Resources;
  step: HeldStep | undefined;
  resumed: Resumed | undefined;
};
type Site = Pick<Place, "mirror" | "workspace" | "sessionId" | "resumed">;

export function placeOf(
  { env, operator }: Shared,
  { task }: Pick<Run, "task">,
  { agent, limits, ...site }: Site & { agent: AgentDefinition; limits: Resources | undefined },
): Place {
  const resources = resourcesOf(operator, task.spec, agent, limits);
  return { ...site, agent, path: definedEnv(agent, env).PATH, resources };
}

/** For the agent that the rules of the last fetch name. Undefined when that cannot be said: then nothing is lost. */
export async function holdEarly(
  shared: Shared,
  run: Run,
  { continues, ...site }: Site & { continues: Continues | undefined },
  rules: Promise<readonly FoundFile[]> | undefined,
): Promise<Early | undefined> {
  let early: Early | undefined;
  try {
    const found = (await rules) ?? [];
    const { agent: asked, setup, listed, limits } = parseRepositoryFile(found);
    const agent = chooseAgent(shared.operator, run.task, asked, found);
    const resumed = await resume(shared, run, { continues, agent, workspace: site.workspace });
    const place = placeOf(shared, run, { ...site, resumed, agent, limits });
    early = { agent, resources: place.resources, resumed, step: undefined };
    if (!setup) early.step = await holdAgent(shared, run, place, listed);
  } catch (error) {
    // The rules may be better by now; what else is wrong comes again, and is told, when the step is started.
    run.log.debug({ err: error }, "the agent's session could not be held ahead");
  }
  return early;
}

type Resuming = { continues: Continues | undefined; agent: AgentDefinition; workspace: Workspace };

async function resume(shared: Shared, run: Run, { continues, ...by }: Resuming): Promise<Resumed | undefined> {
  if (!continues) return undefined;
  const taken = await takeSession(shared, run, { ...by, continues });
  return "why" in taken ? undefined : taken;
}

/** For another agent than the one that was expected, or in another workspace. What was taken for the former goes. */
export async function resumeLate(
  shared: Shared,
  run: Run,
  { early, ...resuming }: Resuming & { early: Early | undefined },
): Promise<Resumed | undefined> {
  const home = { driver: shared.driver, user: run.user, workspace: resuming.workspace };
  if (early?.resumed)
    await emptyHome(home).catch((error: unknown) => run.log.warn({ err: error }, "another agent's session stays"));
  return await resume(shared, run, resuming);
}

/** `chosen`: when the task was dispatched; not in tasks of before. `asked`: by the repository's file, as it is by now. */
export function chooseAgent(
  operator: OperatorFile,
  { agent: chosen, spec, routing }: Pick<Task, "agent" | "spec" | "routing">,
  asked: string | undefined,
  [file]: readonly FoundFile[],
): AgentDefinition {
  const name = chosen ?? asked ?? operator.defaultAgent;
  const agent = operator.agents.get(name);
  if (agent) return withModelOfTask(operator, { spec, routing }, agent);
  const known = [...operator.agents.keys()].map((known) => `\`${known}\``).join(", ");
  const who = chosen === undefined ? `\`${file?.path}\` asks for` : "The task was given to";
  throw new Refusal(`${who} the agent \`${name}\`, which this worker host does not have. It has: ${known}.`);
}
