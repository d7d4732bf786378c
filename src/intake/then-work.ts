/**
 * `then`: a request that stands behind another task of its issue, waits for the end of that one and goes on from there: on the branch of
 * the pull request that came of it, else where it started. On a pull request every request does that anyway.
 */
import type { Command } from "../command/command.ts";
import * as words from "../report/replies.ts";
import type { Task } from "../task/task.ts";
import type { Target } from "../task/task-spec.ts";
import { type AcceptDeps, type Asked, accept, type Work, workOf } from "./accept.ts";
import type { CarriedOut } from "./carried-out.ts";
import { type Request, taskIdIn } from "./request.ts";
import { saidTo } from "./said-to.ts";

type Then = Extract<Command, { kind: "then" }>;

export async function thenWork(
  deps: AcceptDeps,
  request: Request,
  command: Then,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> {
  const known = await deps.store.read(taskIdIn(request, command.line));
  // It has been made already: what became of the one before it since does not matter.
  if (known) return await accept(deps, request, { ...known.spec, line: command.line }, ask);
  const meant = await saidTo(deps.store, request, command, ask);
  if ("noTask" in meant) return { done: false, say: words.nothingToFollow(meant.noTask) };
  const { task: first, words: instruction } = meant;
  if (instruction === "") return { done: false, say: words.nothingToFollowWith() };
  const work = workOf(request, command, instruction);
  if (request.on === "pull" || !first) return await accept(deps, request, work, ask);
  if (command.settings?.base !== undefined) return { done: false, say: words.baseBehind() };
  const follows = await followed(first, ask);
  const accepted = await accept(deps, request, { ...work, ...follows.work }, ask);
  return accepted.done ? { ...accepted, ...(follows.say && { say: follows.say }) } : accepted;
}

export type Followed = { work: Pick<Work, "after" | "target">; say?: string };

/** What the dispatcher does with one that is not over yet, is done here with one that is: GitHub is asked how its pull request stands. */
export async function followed({ spec, state, pullRequest }: Task, ask: () => Promise<Asked>): Promise<Followed> {
  const after = spec.id;
  const start = spec.target.kind === "issue" ? { target: spec.target } : {};
  if (state.name !== "settled" || state.outcome.kind !== "pull_request") return { work: { after, ...start } };
  const number = pullRequest?.number ?? state.outcome.number;
  const found = await (await ask()).findPull(number);
  if (found.kind !== "ready") return { work: start, say: words.pullRequestIsOver(number) };
  return { work: { after, target: withNumber(found.target, number) } };
}

const withNumber = (target: Target, number: number): Target =>
  target.kind === "pull" ? { ...target, number } : target;
