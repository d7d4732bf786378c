/**
 * Takes requests out of the inbox, off the delivery that brought them. Woken at once by this bot's ingress, and by
 * messages from the command line; what another bot left behind is found when its lease has run out. GitHub's refusals that may pass
 * put the whole issue off, so that its commands stay in order; those that cannot pass end the request with a line in the log.
 */
import { type DueLoop, startDueLoop } from "../due-loop.ts";
import { fenced } from "../fence.ts";
import { classify, isFinal, retryAfterMs } from "../github.ts";
import * as words from "../report/replies.ts";
import type { Taken } from "../task/due-set.ts";
import { isAnsweredApart } from "../task/origin.ts";
import { type Inbox, OF_ONE_REPOSITORY, type RequestState } from "./inbox.ts";
import type { Request } from "./request.ts";
import { type TakeInDeps, takeBack, takeIn, tellCaller } from "./take-in.ts";

export type IntakeDeps = Omit<TakeInDeps, "abandoned"> & { inbox: Inbox };

/** For whoever has taken an issue. */
type Claimed = IntakeDeps & TakeInDeps;

/** Looked at least this often, ms: another bot may have recorded something and died. */
const SWEEP_MS = 5_000;
const ISSUES_AT_ONCE = 2 * OF_ONE_REPOSITORY;
/** A command that could not be taken in for so long would surprise whoever gave it. */
const GIVE_UP_AFTER_MS = 24 * 3600_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Before a request in doubt is looked at again, ms: a bot that knows its format may be starting. */
const DOUBT_WAIT_MS = 15_000;
/** It holds up those after it on its issue: a newer Orch may read it yet, what nobody can read is not waited for. */
const DOUBT_AT_MOST_MS = { newer: GIVE_UP_AFTER_MS, unreadable: 10 * 60_000 };

export function startIntake(deps: IntakeDeps): DueLoop {
  const doubts = makeDoubts(deps);
  return startDueLoop({
    name: "inbox",
    set: deps.inbox.issues,
    atOnce: ISSUES_AT_ONCE,
    sweepMs: SWEEP_MS,
    work: (taken, isStopped) => takeIssue(deps, doubts, taken, isStopped),
    now: deps.now,
    log: deps.log,
  });
}

/** All waiting requests on one issue, oldest first. */
async function takeIssue(deps: IntakeDeps, doubts: Doubts, taken: Taken, isStopped: () => boolean): Promise<void> {
  const { inbox, now } = deps;
  const issue = taken.member;
  // What is made there without an answer is looked for by whoever made it.
  const github = fenced(deps.github, taken, { now, onUnanswered: async () => undefined });
  const claimed = { github, abandoned: taken.abandoned };
  for (let name = await inbox.first(issue); name !== undefined; name = await inbox.first(issue)) {
    if (isStopped()) return void (await taken.postpone(now()));
    const wait = await takeRequest({ ...deps, ...claimed }, doubts, { name, issue });
    if (wait !== undefined) return void (await taken.postpone(now() + wait));
    // The next one is not ours, should another bot have the issue by now: it would overtake.
    await taken.keep(now());
  }
  await taken.done();
}

/** How long to wait before the same request is tried again, ms; undefined when it is done. */
async function takeRequest(
  deps: Claimed,
  doubts: Doubts,
  { name, issue }: { name: string; issue: string },
): Promise<number | undefined> {
  for (;;) {
    const was = await deps.inbox.read(name);
    const wait = await tryOne(deps, doubts, { name, issue, was });
    if (wait !== undefined) return wait;
    if (await deps.inbox.finish(name, issue, was)) return undefined;
  }
}

type Found = { name: string; issue: string; was: RequestState };

async function tryOne(deps: Claimed, doubts: Doubts, { name, issue, was }: Found): Promise<number | undefined> {
  switch (was.kind) {
    case "given":
      return await tryTakeIn(deps, was.request);
    case "deleted":
      return void (await takeBack(deps, { issue, name }, was.by));
    case "done":
      return undefined;
    case "newer":
    case "unreadable":
      return doubts.wait(name, was.kind);
  }
}

type Doubts = ReturnType<typeof makeDoubts>;

function makeDoubts({ now, log }: IntakeDeps) {
  const since = new Map<string, number>();
  return {
    wait(name: string, doubt: "newer" | "unreadable"): number | undefined {
      const first = since.get(name) ?? now();
      since.set(name, first);
      if (now() - first < DOUBT_AT_MOST_MS[doubt]) return DOUBT_WAIT_MS;
      since.delete(name);
      log.error({ request: name }, "a request that this Orch cannot read is given up");
      return undefined;
    },
  };
}

/** How long to wait before it is tried again, ms; undefined when it is done, or cannot be done. */
async function tryTakeIn(deps: Claimed, request: Request): Promise<number | undefined> {
  const { now, log } = deps;
  try {
    await takeIn(deps, request);
    return undefined;
  } catch (error) {
    const { repository, source, delivery } = request;
    const about = { repo: repository.id, source, delivery };
    const failure = classify(error);
    const age = now() - request.receivedAt;
    if (isFinal(failure) || age > GIVE_UP_AFTER_MS) {
      log.error({ err: error, ...about, failure }, "commands given up: GitHub is closed to us");
      if (isAnsweredApart(source)) await tellCaller(deps, request, { done: false, say: words.closedToUs() });
      return undefined;
    }
    const wait = Math.max(waitAfter(age), retryAfterMs(error, now()) ?? 0);
    log.warn({ err: error, ...about, failure, wait }, "commands not taken in, repeated later");
    return wait;
  }
}

/** Grows with the age, so that it needs no memory: 1 s at first, half as long again each time. */
function waitAfter(ageMs: number): number {
  return Math.min(Math.max(ageMs / 2, 1_000), LONGEST_WAIT_MS);
}
