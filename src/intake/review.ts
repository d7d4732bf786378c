/**
 * `review`: an agent that has not written the changes of a pull request reads them. It is told what they were asked for, in the words of
 * whoever asked, and nothing of how they came about. On an issue there is nothing to review: words that begin so are a request there.
 */
import { type Details, withDetails } from "../command/details.ts";
import type { Settings } from "../command/verbs.ts";
import * as words from "../report/replies.ts";
import type { TaskStore } from "../task/store.ts";
import { type AcceptDeps, type Asked, accept, type Work, workOf } from "./accept.ts";
import type { CarriedOut } from "./carried-out.ts";
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
  command: Asking,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> {
  const { words: focus } = command;
  const said = workOf(request, command, focus === "" ? "review" : `review ${focus}`);
  if (request.on === "issue" && focus === "") return { done: false, say: words.reviewOnIssue() };
  const work = request.on === "issue" ? said : { ...said, ...(await reviewOf(deps.store, request, ask)) };
  return await accept(deps, request, work, ask);
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
  return made.slice(-MAX_ASKED).map(({ spec }) => withDetails(spec.instruction, spec).slice(0, MAX_WORDS));
}
