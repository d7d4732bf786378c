/**
 * Takes in one request: may whoever asks give commands, and then the commands in order. Every step may be repeated; the
 * one reply gathers what all commands of the request have to say.
 */
import { type CancelDeps, cancelTasks, openTasksOfIssue } from "../cancel.ts";
import { type Command, MAX_COMMANDS } from "../command/command.ts";
import { classify, type GitHub, type Octokit } from "../github.ts";
import { mayWrite } from "../permission.ts";
import { doneElsewhere } from "../report/deed-words.ts";
import { type Reaction, reactTo } from "../report/reaction.ts";
import * as words from "../report/replies.ts";
import { ensureReply } from "../report/reply.ts";
import type { CallerReplies } from "../task/caller-replies.ts";
import type { Deeds } from "../task/deeds.ts";
import { isAnsweredApart, isByProgram, isSameSource, operatorOf, viaOf } from "../task/origin.ts";
import { isOwnPlace } from "../task/own-place.ts";
import type { Task } from "../task/task.ts";
import type { Asked } from "./accept.ts";
import type { CarriedOut } from "./carried-out.ts";
import { type CarryOutDeps, carryOut } from "./carry-out.ts";
import { changesSince } from "./changed-since.ts";
import { noteDeed } from "./note-deed.ts";
import { isStillSet, takeOff } from "./one-shot.ts";
import { numbersOf, type Request, requestNameOf } from "./request.ts";
import { findTarget, hasBranch } from "./target.ts";
import { unreadEdit } from "./vouched.ts";
import { readWish } from "./wish.ts";

/** For these GitHub has to be asked where the work goes. */
const ASK_OF_GITHUB: ReadonlySet<Command["kind"]> = new Set([
  "task",
  "retry",
  "then",
  "plan",
  "team",
  "review",
  "approve",
]);

export type TakeInDeps = CarryOutDeps & {
  /** Behind the fence of whoever has taken the request. */
  github: GitHub;
  /** HMAC key for the markers of replies. */
  markerSecret: string;
  callers: CallerReplies;
  deeds: Deeds;
  /** Somebody who died or froze had begun with the request. */
  abandoned: boolean;
};

/** Throws what GitHub or Redis answers; the caller repeats. */
export async function takeIn(deps: TakeInDeps, request: Request): Promise<void> {
  const octokit = await deps.github.forInstallation(request.installationId);
  if (!(await isStillSet(octokit, request))) {
    const { source, delivery } = request;
    return deps.log.info({ source, delivery }, "the label that asked has been removed");
  }
  await judge(deps, octokit, request);
  await courtesy(deps, request, () => takeOff(octokit, request));
}

async function judge(deps: TakeInDeps, octokit: Octokit, request: Request): Promise<void> {
  const { commands, actor, source, delivery } = request;
  const asked = whatIsAskedOf(octokit, request, deps);
  if (commands.length <= MAX_COMMANDS && commands.some(({ kind }) => ASK_OF_GITHUB.has(kind))) asked.begin();
  if (actor && !(await mayWrite(octokit, request.repository, actor))) {
    deps.log.info({ source, actor: actor.id, delivery }, "actor refused");
    if (request.implied) return;
    return await answer(deps, octokit, request, { done: false, say: words.refusedNoPermission(actor.login) });
  }
  const editor = request.vouchedFor ? await unreadEdit(octokit, request) : undefined;
  if (editor !== undefined)
    return await answer(deps, octokit, request, { done: false, say: words.editedBefore(editor) });
  if (commands.length > MAX_COMMANDS) {
    return await answer(deps, octokit, request, { done: false, say: words.tooManyCommands(MAX_COMMANDS) });
  }
  const results: CarriedOut[] = [];
  for (const command of commands) {
    const result = await carryOut(deps, request, command, asked.find);
    await noteDeed(deps, request, command, result);
    results.push(result);
  }
  const says = new Set(results.map((result) => result.say).filter((say) => say !== undefined));
  const say = says.size > 0 ? [...says].join("\n\n---\n\n") : undefined;
  const reportReacts = results.some((result) => result.reportReacts);
  const tasks = results.flatMap((result) => result.tasks ?? []);
  await answer(deps, octokit, request, { done: results.some((result) => result.done), say, reportReacts, tasks });
}

/**
 * Where the work starts and which agent the repository wishes, asked for once at most. `begin` lets GitHub answer while it is
 * still asked for the permission: a person waits for all of it. Its failure is told to whoever needs the answer, and to
 * nobody when nobody may.
 */
function whatIsAskedOf(octokit: Octokit, request: Request, { log }: TakeInDeps) {
  let asked: Promise<Asked> | undefined;
  const find = () => {
    asked ??= Promise.all([findTarget(octokit, request), readWish(octokit, request.repository, log)]).then(
      ([found, wish]) => ({
        ...{ found, ...wish, hasBranch: (branch: string) => hasBranch(octokit, request, branch) },
        findPull: (number: number) => findTarget(octokit, { ...request, on: "pull", number }),
        changedSince: changesSince(octokit, request),
      }),
    );
    return asked;
  };
  return { begin: () => void find().catch(() => undefined), find };
}

/** What asked was deleted, maybe while its commands were carried out. */
export async function takeBack(deps: CancelDeps, { issue, name }: { issue: string; name: string }, by: string) {
  const { repositoryId, number } = numbersOf(issue);
  const isOfRequest = ({ spec }: Task) => requestNameOf(repositoryId, spec.origin) === name;
  const ids = await openTasksOfIssue(deps.store, repositoryId, number, isOfRequest);
  await cancelTasks(deps, ids, { kind: "taken_back", by });
}

async function answer(deps: TakeInDeps, octokit: Octokit, request: Request, result: CarriedOut): Promise<void> {
  const { installationId, repository, number, source, about, requestedAt: since } = request;
  if (isAnsweredApart(source)) {
    await tellCaller(deps, request, result);
    return await tellOfIt(deps, request, result);
  }
  if (isOwnPlace(number)) return deps.log.info({ source, ...result }, "a request under no issue is carried out");
  const reaction = await reactionTo(deps, request, result);
  const react = (content: Reaction) => reactTo(octokit, repository, source, { content, before: { look: true } });
  if (reaction) await courtesy(deps, request, () => react(reaction));
  const { say } = result;
  if (say === undefined) return;
  const key = requestNameOf(repository.id, source);
  const reply = { installationId, repository, number, under: about?.thread, since, key, body: say };
  await courtesy(deps, request, () => ensureReply({ ...deps, secret: deps.markerSecret }, reply));
}

/** What somebody did where nobody else sees it. A program's deeds are its own. */
async function tellOfIt(deps: TakeInDeps, request: Request, { done, tasks: [task] = [] }: CarriedOut): Promise<void> {
  const { installationId, repository, number, source, about, actor, requestedAt: since, commands } = request;
  const [command] = commands;
  if (isByProgram(source) || !done || isOwnPlace(number) || !command || task === undefined) return;
  const operator = operatorOf(source);
  const login = operator ?? actor?.login ?? "";
  const body = doneElsewhere(command.kind, { login, operator: operator !== undefined, via: viaOf(source), task });
  if (body === undefined) return;
  const key = requestNameOf(repository.id, source);
  const reply = { installationId, repository, number, under: about?.thread, since, key, body };
  await courtesy(deps, request, () => ensureReply({ ...deps, secret: deps.markerSecret }, reply));
}

/** Whoever asked finds it where it asked. */
export async function tellCaller(
  { callers }: Pick<TakeInDeps, "callers">,
  { repository, source }: Request,
  { done, say }: CarriedOut,
): Promise<void> {
  await callers.give(requestNameOf(repository.id, source), { done, ...(say !== undefined && { say }) });
}

/** The report of a task reacts to its origin by itself, later and better informed. */
async function reactionTo(
  { store }: TakeInDeps,
  { repository, number, source }: Request,
  { done, reportReacts }: CarriedOut,
): Promise<Reaction | undefined> {
  if (reportReacts) return undefined;
  const tasks = await store.readMany(await store.idsOfIssue(repository.id, number));
  if (tasks.some(({ spec }) => isSameSource(spec.origin, source))) return undefined;
  return done ? "eyes" : "confused";
}

/** What GitHub forbids here (a locked conversation, a missing permission) must not hold up the issue's next command. */
async function courtesy(
  { log }: TakeInDeps,
  { source, delivery }: Request,
  say: () => Promise<unknown>,
): Promise<void> {
  try {
    await say();
  } catch (error) {
    const failure = classify(error);
    if (failure !== "forbidden" && failure !== "invalid" && failure !== "locked") throw error;
    log.error({ err: error, source, delivery }, "GitHub does not let us answer");
  }
}
