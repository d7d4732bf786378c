/**
 * `review`: an agent that has not written the changes of a pull request reads them. It is told what they were asked for, in the words of
 * whoever asked, and nothing of how they came about. On an issue there is nothing to review: words that begin so are a request there.
 */
import type { Details } from "../command/details.ts";
import type { Settings } from "../command/verbs.ts";
import * as words from "../report/replies.ts";
import type { TaskStore } from "../task/store.ts";
import { type AcceptDeps, type Asked, accept, type Work } from "./accept.ts";
import type { CarriedOut } from "./carry-out.ts";
import { conversationOf } from "./named-tasks.ts";
import type { Request } from "./request.ts";

/** Requests that the reviewer is told of, and characters of each. */
const MAX_ASKED = 5;
const MAX_WORDS = 500;

/** `words`: what to look at; none: all of it. */
type Asking = { line: number; words: string; settings?: Settings } & Partial<Details>;

const REVIEWER = "reviewer";

export async function review(
  deps: AcceptDeps,
  request: Request,
  { line, words: focus, settings, details, left }: Asking,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> {
  const instruction = focus === "" ? "review" : `review ${focus}`;
  const said: Work = {
    ...{ line, instruction },
    ...(settings && { settings }),
    ...(details !== undefined && { details }),
    ...(request.about && { about: request.about }),
  };
  if (request.on === "issue" && focus === "") return { done: false, say: words.reviewOnIssue() };
  const work = request.on === "issue" ? said : { ...said, ...(await reviewOf(deps.store, request, ask)) };
  const accepted = await accept(deps, request, work, ask);
  return left === undefined || !accepted.done ? accepted : { ...accepted, say: words.detailsCut(left, false) };
}

async function reviewOf(store: TaskStore, request: Request, ask: () => Promise<Asked>): Promise<Partial<Work>> {
  const { found } = await ask();
  const asked = found.kind === "ready" ? await askedFor(store, request, found.target) : [];
  return { role: REVIEWER, review: { round: 0, ...(asked.length > 0 && { asked }) } };
}

/** What the changes on the pull request's branch were asked for, where Orch made any, oldest first. */
async function askedFor(
  store: TaskStore,
  request: Request,
  target: Extract<Asked["found"], { kind: "ready" }>["target"],
): Promise<string[]> {
  if (target.kind !== "pull") return [];
  const conversation = await conversationOf(store, request, target);
  const ids = await store.idsOfConversation(request.repository.id, { conversation, number: request.number });
  const tasks = await store.readMany(ids);
  const made = tasks.filter(({ pushed, spec }) => pushed?.branch === target.headRef && !spec.mends);
  return made
    .slice(-MAX_ASKED)
    .map(({ spec }) => `${spec.instruction}\n\n${spec.details ?? ""}`.trim().slice(0, MAX_WORDS));
}
