/** Makes a task of a request, unless that is not possible where it was asked, or was not asked rightly. */
import type { Settings } from "../command/verbs.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { cannotAfford } from "../dispatch/unaffordable.ts";
import type { Logger } from "../log.ts";
import * as words from "../report/replies.ts";
import { originIn } from "../task/origin.ts";
import { isOwnPlace, ownPlaceOf } from "../task/own-place.ts";
import { roleNameOf } from "../task/role-name.ts";
import type { TaskStore } from "../task/store.ts";
import type { Target, TaskSpec } from "../task/task-spec.ts";
import { readAmounts } from "../text/budget.ts";
import { title as titleOf } from "../text/quote.ts";
import type { CarriedOut } from "./carried-out.ts";
import type { ChangedSince } from "./changed-since.ts";
import { conversationOf } from "./named-tasks.ts";
import { type Request, taskIdIn } from "./request.ts";
import type { FoundTarget } from "./target.ts";
import { teamSpec } from "./team-spec.ts";
import type { Wish } from "./wish.ts";

/** What is to be known before a task can be made, with what the repository wishes. */
export type Asked = Wish & {
  found: FoundTarget;
  hasBranch: (branch: string) => Promise<boolean>;
  /** Where work for this pull request would go. */
  findPull: (number: number) => Promise<FoundTarget>;
  changedSince: ChangedSince;
};

/** Of a title that is made of the request, in characters. */
const MAX_TITLE = 100;

export type AcceptDeps = { store: TaskStore; dispatcher: Dispatcher; now: () => number; log: Logger };

/**
 * What the task is to do, whoever has put it into words. `target`: where it goes instead of where it was asked. `left`: how many characters of
 * its details were too many.
 */
export type Work = { line: number; settings?: Settings; target?: Target | undefined; left?: number } & Pick<
  TaskSpec,
  "instruction" | "details" | "about" | "plan" | "team" | "role" | "review" | "mends" | "retries" | "after"
>;

/** What a command asks for in a person's own words. */
export const workOf = (
  { about }: Pick<Request, "about">,
  { line, settings, details, left }: Pick<Work, "line" | "settings" | "details" | "left">,
  instruction: string,
): Work => ({
  ...{ line, instruction },
  ...(settings && { settings }),
  ...(details !== undefined && { details }),
  ...(left !== undefined && { left }),
  ...(about && { about }),
});

export async function accept(
  deps: AcceptDeps,
  request: Request,
  work: Work,
  ask: () => Promise<Asked>,
): Promise<CarriedOut> {
  const accepted = await begin(deps, request, work, ask);
  return work.left === undefined || !accepted.done
    ? accepted
    : { ...accepted, say: words.detailsCut(work.left, request.vouchedFor === true) };
}

async function begin(deps: AcceptDeps, request: Request, work: Work, ask: () => Promise<Asked>): Promise<CarriedOut> {
  const known = await deps.store.read(taskIdIn(request, work.line));
  if (known) {
    // An earlier life of a bot may have died before its job was added.
    await deps.dispatcher.ensure(known);
    return { done: true, tasks: [known.spec.id] };
  }
  const asked = await ask();
  const { found } = asked;
  if (found.kind !== "ready") return { done: false, say: whyNot(request, found) };
  const wrong = await wrongBase(work.settings?.base, asked);
  if (wrong !== undefined) return { done: false, say: wrong };
  const role = roleNameOf(work);
  if (role !== undefined && asked.roles?.[role]?.off) return { done: false, say: words.roleIsOff(role) };
  const conversation = await conversationOf(deps.store, request, found.target);
  const spec = specOf(request, work, {
    ...asked,
    ...found,
    conversation,
    acceptedAt: deps.now(),
  });
  const refused = await deps.dispatcher.accept(spec);
  if (refused?.kind === "unaffordable") return { done: false, say: cannotAfford(refused.why) };
  if (refused) return { done: false, say: words.noSuchAgent(refused.agent, refused.known) };
  deps.log.info({ task: spec.id, origin: spec.origin, delivery: request.delivery }, "task accepted");
  return { done: true, tasks: [spec.id] };
}

function whyNot({ on }: Request, found: Exclude<FoundTarget, { kind: "ready" }>): string {
  switch (found.kind) {
    case "closed":
      return words.closed(on, found.goneBranch);
    case "fork":
      return words.forkNotYet();
    case "from_default":
      return words.fromDefaultBranch(found.branch);
  }
}

/** A pull request has its base already. */
async function wrongBase(base: string | undefined, { found, hasBranch }: Asked): Promise<string | undefined> {
  if (base === undefined) return undefined;
  if (found.kind === "ready" && found.target.kind === "pull") return words.baseOnPull();
  return (await hasBranch(base)) ? undefined : words.noSuchBranch(base);
}

type Known = Extract<FoundTarget, { kind: "ready" }> &
  Wish & {
    conversation: number;
    acceptedAt: number;
  };

function specOf(
  request: Request,
  {
    line,
    instruction,
    details,
    about,
    plan,
    team,
    role,
    review,
    mends,
    retries,
    after,
    settings = {},
    target: elsewhere,
  }: Work,
  known: Known,
): TaskSpec {
  const { installationId, source, actor, requestedAt, receivedAt } = request;
  const { defaultBranch: _, ...repository } = request.repository;
  const { acceptedAt, caps, roles = {}, routing, target: here } = known;
  const id = taskIdIn(request, line);
  const target = elsewhere ?? here;
  const budget = settings.budget === undefined ? undefined : readAmounts(settings.budget);
  const { model, base, priority } = settings;
  const named = roleNameOf({ role, team });
  const ofRole = named === undefined ? undefined : roles[named]?.agent;
  const agent = settings.agent ?? ofRole ?? known.agent;
  return {
    id,
    installationId,
    repository,
    ...placeOf(request, id, { instruction, ...known }),
    target: base !== undefined && target.kind === "issue" ? { ...target, base } : target,
    origin: originIn(source, line),
    ...(agent !== undefined && { agent }),
    ...(settings.agent !== undefined && { agentNamed: true }),
    ...(role !== undefined && { role }),
    ...(settings.agent === undefined && ofRole !== undefined && { agentOfRole: true as const }),
    ...(model !== undefined && { model }),
    ...(priority !== undefined && priority !== "normal" && { priority }),
    ...(budget && { budget }),
    ...(caps && { caps }),
    ...(routing && { routingRules: routing }),
    ...(actor && { actor }),
    instruction,
    ...(details !== undefined && { details }),
    ...(about && { about }),
    ...(plan && { plan }),
    ...(review && { review }),
    ...(mends && { mends }),
    ...(team && teamSpec(known)),
    ...(retries !== undefined && { retries }),
    ...(after !== undefined && { after }),
    requestedAt,
    receivedAt,
    acceptedAt,
  };
}

type Placed = Pick<TaskSpec, "number" | "title" | "conversation">;

/** What is asked for under no issue has nothing but its words: once more, it is another task in a place of its own. */
function placeOf(
  { number }: Request,
  id: string,
  { title, conversation, instruction }: Omit<Placed, "number"> & { instruction: string },
): Placed {
  if (!isOwnPlace(number)) return { number, title, conversation };
  const own = ownPlaceOf(id);
  return { number: own, title: titleOf(instruction, MAX_TITLE), conversation: own };
}
