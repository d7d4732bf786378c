/** `retry`: an earlier task once more, as a new one, in the words of the person who asked first. */

import type { Command } from "../command/command.ts";
import type { Settings } from "../command/verbs.ts";
import * as words from "../report/replies.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { writeAmounts } from "../text/budget.ts";
import { type AcceptDeps, type Asked, accept } from "./accept.ts";
import type { CarriedOut } from "./carried-out.ts";
import { taskMeant } from "./named-tasks.ts";
import { type Request, taskIdIn } from "./request.ts";
import { followed } from "./then-work.ts";

export async function retry(
  deps: AcceptDeps,
  request: Request,
  command: Extract<Command, { kind: "retry" }>,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> {
  const known = await deps.store.read(taskIdIn(request, command.line));
  // It has been made already: what became of the earlier task since does not matter.
  if (known) return await accept(deps, request, { ...known.spec, line: command.line }, ask);
  const earlier = await taskMeant(deps.store, request, command, ask);
  if (!earlier) return { done: false, say: words.nothingToRetry(command.task) };
  if (earlier.state.name !== "settled") return { done: false, say: words.stillOpen(earlier.spec.id) };
  const { instruction, details, about, plan, team, role, review, mends, after } = earlier.spec;
  const first = after === undefined || request.on === "pull" ? undefined : await deps.store.read(after);
  const follows = first && (await followed(first, ask));
  const settings = { ...settingsOf(earlier.spec, command.settings), ...command.settings };
  const said = {
    instruction,
    ...(details !== undefined && { details }),
    ...(about && { about }),
    ...follows?.work,
    ...(plan && { plan }),
    ...(team && { team }),
    ...(role !== undefined && { role }),
    ...(review && { review: { ...review, round: 0 } }),
    ...(mends && { mends }),
  };
  const same = command.settings?.agent === undefined && command.settings?.model === undefined;
  const work = { line: command.line, ...said, settings, ...(same && { retries: earlier.spec.id }) };
  const accepted = await accept(deps, request, work, ask);
  const tasks = [...(accepted.tasks ?? []), earlier.spec.id];
  return { ...accepted, tasks, ...(accepted.done && follows?.say !== undefined && { say: follows.say }) };
}

/** What the person who asked first had set. A model belongs to the agent that it was asked for. */
function settingsOf({ agent, agentNamed, model, priority, budget, target }: TaskSpec, now: Settings = {}): Settings {
  return {
    ...(agentNamed && agent !== undefined && { agent }),
    ...(model !== undefined && now.agent === undefined && { model }),
    ...(priority && { priority }),
    ...(budget && { budget: writeAmounts(budget) }),
    ...(target.kind === "issue" && target.base !== undefined && { base: target.base }),
  };
}
