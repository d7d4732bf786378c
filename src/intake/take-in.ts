/**
 * Takes in one comment: may its author give commands, and then the commands in order. Every step may be repeated; the
 * one reply gathers what all commands of the comment have to say.
 */
import { type CancelDeps, cancelTasks, openTasksOfIssue } from "../cancel.ts";
import { MAX_COMMANDS } from "../command/command.ts";
import { classify, type GitHub, type Octokit } from "../github.ts";
import { mayWrite } from "../permission.ts";
import { ensureReaction, type Reaction } from "../report/reaction.ts";
import { ensureReply } from "../report/reply.ts";
import * as words from "../report/words.ts";
import { type CarriedOut, type CarryOutDeps, carryOut } from "./carry-out.ts";
import type { GivenComment } from "./inbox.ts";
import { findPlace, type Place } from "./target.ts";

export type TakeInDeps = CarryOutDeps & {
  github: GitHub /** HMAC key for the markers of replies. */;
  markerSecret: string;
};

/** Throws what GitHub or Redis answers; the caller repeats. */
export async function takeIn(deps: TakeInDeps, given: GivenComment): Promise<void> {
  const octokit = await deps.github.forInstallation(given.installationId);
  const place = placeOf(octokit, given);
  if (given.commands.length <= MAX_COMMANDS && given.commands.some(({ kind }) => kind === "task")) place.begin();
  if (!(await mayWrite(octokit, given.repository, given.actor))) {
    deps.log.info({ comment: given.commentId, actor: given.actor.id, delivery: given.delivery }, "actor refused");
    return await answer(deps, octokit, given, { done: false, say: words.refusedNoPermission(given.actor.login) });
  }
  if (given.commands.length > MAX_COMMANDS) {
    return await answer(deps, octokit, given, { done: false, say: words.tooManyCommands(MAX_COMMANDS) });
  }
  const results: CarriedOut[] = [];
  for (const command of given.commands) results.push(await carryOut(deps, given, command, place.find));
  const says = new Set(results.map((result) => result.say).filter((say) => say !== undefined));
  const say = says.size > 0 ? [...says].join("\n\n---\n\n") : undefined;
  await answer(deps, octokit, given, { done: results.some((result) => result.done), say });
}

/**
 * The comment's place, asked for once at most. `begin` lets GitHub answer while it is still asked for the permission: a
 * person waits for both. Its failure is told to whoever needs the place, and to nobody when nobody may.
 */
function placeOf(octokit: Octokit, given: GivenComment): { begin(): void; find(): Promise<Place> } {
  let place: Promise<Place> | undefined;
  const find = () => {
    place ??= findPlace(octokit, given);
    return place;
  };
  return { begin: () => void find().catch(() => undefined), find };
}

/** The comment was deleted, maybe while its commands were carried out. */
export async function takeBack(
  deps: CancelDeps,
  { repositoryId, number, commentId }: { repositoryId: number; number: number; commentId: number },
  by: string,
): Promise<void> {
  const ids = await openTasksOfIssue(deps.store, repositoryId, number, (task) => task.spec.commentId === commentId);
  await cancelTasks(deps, ids, { kind: "comment_deleted", by });
}

async function answer(deps: TakeInDeps, octokit: Octokit, given: GivenComment, result: CarriedOut): Promise<void> {
  const reaction = await reactionTo(deps, given, result);
  if (reaction) {
    await courtesy(deps, given, () => ensureReaction(octokit, given.repository, given.commentId, reaction));
  }
  const { say } = result;
  if (say === undefined) return;
  const { installationId, repository, number, requestedAt: since } = given;
  const reply = { installationId, repository, number, since, key: `${repository.id}-${given.commentId}`, body: say };
  await courtesy(deps, given, () => ensureReply({ github: deps.github, secret: deps.markerSecret }, reply));
}

/** The report of a task reacts to its comment by itself, later and better informed. */
async function reactionTo(
  { store }: TakeInDeps,
  { repository, number, commentId }: GivenComment,
  { done }: CarriedOut,
): Promise<Reaction | undefined> {
  const tasks = await store.readMany(await store.idsOfIssue(repository.id, number));
  if (tasks.some((task) => task.spec.commentId === commentId)) return undefined;
  return done ? "eyes" : "confused";
}

/** What GitHub forbids here (a locked conversation, a missing permission) must not hold up the issue's next command. */
async function courtesy({ log }: TakeInDeps, given: GivenComment, say: () => Promise<void>): Promise<void> {
  try {
    await say();
  } catch (error) {
    const failure = classify(error);
    if (failure !== "forbidden" && failure !== "invalid") throw error;
    log.error({ err: error, comment: given.commentId, delivery: given.delivery }, "GitHub does not let us answer");
  }
}
