/**
 * Takes comments out of the inbox, off the request that brought them. Woken at once by this bot's ingress; what another
 * bot left behind is found when its lease has run out. GitHub's refusals that may pass put the whole issue off, so that
 * its commands stay in order; those that cannot pass end the comment with a line in the log.
 */
import { type DueLoop, startDueLoop } from "../due-loop.ts";
import { classify, isFinal, retryAfterMs } from "../github.ts";
import type { Taken } from "../task/due-set.ts";
import { type GivenComment, type Inbox, numbersOf, OF_ONE_REPOSITORY } from "./inbox.ts";
import { type TakeInDeps, takeBack, takeIn } from "./take-in.ts";

export type IntakeDeps = TakeInDeps & { inbox: Inbox };

/** Looked at least this often, ms: another bot may have recorded something and died. */
const SWEEP_MS = 5_000;
const ISSUES_AT_ONCE = 2 * OF_ONE_REPOSITORY;
/** A command that could not be taken in for so long would surprise whoever gave it. */
const GIVE_UP_AFTER_MS = 24 * 3600_000;
const LONGEST_WAIT_MS = 5 * 60_000;

export function startIntake(deps: IntakeDeps): DueLoop {
  return startDueLoop({
    name: "inbox",
    set: deps.inbox.issues,
    atOnce: ISSUES_AT_ONCE,
    sweepMs: SWEEP_MS,
    work: (taken, isStopped) => takeIssue(deps, taken, isStopped),
    now: deps.now,
    log: deps.log,
  });
}

/** All waiting comments of one issue, oldest first. */
async function takeIssue(deps: IntakeDeps, taken: Taken, isStopped: () => boolean): Promise<void> {
  const { inbox, now } = deps;
  const issue = taken.member;
  for (let comment = await inbox.first(issue); comment !== undefined; comment = await inbox.first(issue)) {
    if (isStopped()) return void (await taken.postpone(now()));
    const wait = await takeComment(deps, comment, issue);
    if (wait !== undefined) return void (await taken.postpone(now() + wait));
    // The next one is not ours, should another bot have the issue by now: it would overtake.
    await taken.keep(now());
  }
  await taken.done();
}

/** How long to wait before the same comment is tried again, ms; undefined when it is done. */
async function takeComment(deps: IntakeDeps, comment: string, issue: string): Promise<number | undefined> {
  for (;;) {
    const was = await deps.inbox.read(comment);
    if (was.kind === "deleted") await takeBack(deps, numbersOf(comment, issue), was.by);
    const wait = was.kind === "given" ? await tryTakeIn(deps, was.given) : undefined;
    if (wait !== undefined) return wait;
    if (await deps.inbox.finish(comment, issue, was)) return undefined;
  }
}

/** How long to wait before it is tried again, ms; undefined when it is done, or cannot be done. */
async function tryTakeIn(deps: IntakeDeps, given: GivenComment): Promise<number | undefined> {
  const { now, log } = deps;
  try {
    await takeIn(deps, given);
    return undefined;
  } catch (error) {
    const about = { repo: given.repository.id, comment: given.commentId, delivery: given.delivery };
    const failure = classify(error);
    const age = now() - given.receivedAt;
    if (isFinal(failure) || age > GIVE_UP_AFTER_MS) {
      log.error({ err: error, ...about, failure }, "commands given up: GitHub is closed to us");
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
