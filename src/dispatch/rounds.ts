/**
 * What follows from a review of changes that Orch wrote: what was found goes to the agent that wrote them, and what that mends is reviewed
 * again, a few times. Each is a task of its own, whose id is made of the one before it: asked for twice it is the same. What a person wrote
 * is only reviewed.
 */
import type { Logger } from "../log.ts";
import { taskOfBranch } from "../task/branch.ts";
import type { Origin } from "../task/origin.ts";
import { type HandedOn, MAX_ROUNDS } from "../task/review.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { taskIdOf } from "../task/task-id.ts";
import type { Target, TaskSpec } from "../task/task-spec.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { isOnBranchOf, mayGoOnFrom } from "./predecessor.ts";
import { cannotAfford } from "./unaffordable.ts";

export type RoundDeps = {
  store: Pick<TaskStore, "read" | "readMany" | "idsOfIssue" | "idsOfConversation">;
  dispatcher: Pick<Dispatcher, "accept">;
  now: () => number;
  log: Logger;
};

/** What became of the findings of a review that is over; undefined of any other task. Again is fine. */
export type Rounds = (task: Task) => Promise<HandedOn | undefined>;

export const makeRounds =
  (deps: RoundDeps): Rounds =>
  async (task) => {
    if (task.state.name !== "settled") return undefined;
    const { outcome } = task.state;
    if (outcome.kind === "reviewed" && task.spec.review) return await handOn(deps, task, outcome.findings);
    if (outcome.kind === "pull_request" && task.spec.mends) await reviewAgain(deps, task);
    return undefined;
  };

async function handOn(deps: RoundDeps, review: Task, findings: number): Promise<HandedOn | undefined> {
  const { spec } = review;
  if (findings === 0 || spec.target.kind !== "pull") return undefined;
  const writer = await writerOf(deps, spec, spec.target.headRef);
  if (!writer) return undefined;
  const { round = 0 } = spec.review ?? {};
  if (round >= MAX_ROUNDS) return { kind: "over", rounds: MAX_ROUNDS };
  const next = { round: round + 1, review: spec.id };
  const agent = writer.agent ?? writer.spec.agent;
  const { model } = writer.spec;
  const mending: TaskSpec = {
    ...following(review, deps.now()),
    ...(agent !== undefined && { agent }),
    ...(model !== undefined && { model }),
    instruction: "mend what the review has found",
    mends: next,
  };
  const reason = await accepted(deps, mending);
  return reason === undefined
    ? { kind: "handed", task: mending.id, round: next.round }
    : { kind: "not_handed", reason };
}

/** What it has mended went to the branch of the pull request, or there is nothing to look at there. */
async function reviewAgain(deps: RoundDeps, mended: Task): Promise<void> {
  const { spec, pushed } = mended;
  const { target, mends } = spec;
  const first = mends && (await deps.store.read(mends.review));
  if (!mends || !first || target.kind !== "pull" || pushed?.branch !== target.headRef) return;
  const { agent, agentNamed, agentOfRole, model, instruction, details, role, review } = first.spec;
  const again: TaskSpec = {
    ...following(mended, deps.now(), { ...target, headSha: pushed.sha }),
    ...(agent !== undefined && { agent }),
    ...(agentNamed && { agentNamed }),
    ...(agentOfRole && { agentOfRole }),
    ...(model !== undefined && { model }),
    ...(role !== undefined && { role }),
    ...(details !== undefined && { details }),
    instruction,
    review: { ...review, round: mends.round },
  };
  const reason = await accepted(deps, again);
  if (reason !== undefined) deps.log.info({ task: spec.id, reason }, "what was mended is not reviewed again");
}

/** The last task that wrote on the branch, where that is Orch's own; undefined where a person began it. */
async function writerOf({ store }: RoundDeps, spec: TaskSpec, branch: string): Promise<Task | undefined> {
  const { repository } = spec;
  const opener = await taskOfBranch(store, repository.id, branch);
  if (opener?.pushed?.branch !== branch) return undefined;
  const tasks = await store.readMany(await store.idsOfConversation(repository.id, spec));
  return tasks.findLast((task) => isOnBranchOf(spec, task) && mayGoOnFrom(task)) ?? opener;
}

/** The same place and the same person, under an id of its own. */
function following({ spec }: Task, now: number, target: Target = spec.target): Omit<TaskSpec, "instruction"> {
  const { installationId, repository, number, title, movedTo, conversation, priority, caps, actor, requestedAt } = spec;
  const origin: Origin = { kind: "round", task: spec.id };
  return {
    ...{ id: taskIdOf(repository.id, origin), installationId, repository, number, title, target, origin, conversation },
    ...(movedTo && { movedTo }),
    ...(priority && { priority }),
    ...(caps && { caps }),
    ...(actor && { actor }),
    ...{ requestedAt, acceptedAt: now },
  };
}

/** Why it cannot be done, as a sentence. */
async function accepted({ dispatcher, log }: RoundDeps, spec: TaskSpec): Promise<string | undefined> {
  const refused = await dispatcher.accept(spec);
  if (!refused) {
    log.info({ task: spec.id, origin: spec.origin }, "a round of a review follows");
    return undefined;
  }
  if (refused.kind === "unaffordable") return cannotAfford(refused.why);
  return `No worker host has offered the agent ${refused.agent} within the last seven days.`;
}
