/**
 * Takes comments out of the inbox, off the request that brought them. Woken at once by this bot's ingress; what another
 * bot left behind is found when its lease has run out. GitHub's refusals that may pass put the whole issue off, so that
 * its commands stay in order; those that cannot pass end the comment with a line in the log.
 */
import { classify, isFinal, retryAfterMs } from "../github.ts";
import { type GivenComment, type Inbox, numbersOf, OF_ONE_REPOSITORY, RENEW_MS } from "./inbox.ts";
import { type TakeInDeps, takeBack, takeIn } from "./take-in.ts";

export type Intake = {
  /** Look now. Returns at once. */
  wake(): void;
  /** Begins no further comment and waits for those under way. */
  stop(): Promise<void>;
};

export type IntakeDeps = TakeInDeps & { inbox: Inbox };

/** Looked at least this often, ms: another bot may have recorded something and died. */
const SWEEP_MS = 5_000;
/** When all that is due belongs to repositories that have their share, ms; each end of theirs wakes us besides. */
const CROWDED_LOOK_MS = 1_000;
const ISSUES_AT_ONCE = 2 * OF_ONE_REPOSITORY;
/** A command that could not be taken in for so long would surprise whoever gave it. */
const GIVE_UP_AFTER_MS = 24 * 3600_000;
const LONGEST_WAIT_MS = 5 * 60_000;

export function startIntake(deps: IntakeDeps): Intake {
  const { inbox, now, log } = deps;
  const working = new Map<string, Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  function wake(): void {
    if (stopped) return;
    if (looking) {
      again = true;
      return;
    }
    clearTimeout(timer);
    looking = look()
      .catch((error: unknown) => {
        log.warn({ err: error }, "the inbox cannot be read");
        return SWEEP_MS;
      })
      .then((delayMs) => {
        looking = undefined;
        if (stopped) return;
        if (again) {
          again = false;
          return wake();
        }
        timer = setTimeout(wake, delayMs);
      });
  }

  /** How long until the next look, ms. */
  async function look(): Promise<number> {
    const room = ISSUES_AT_ONCE - working.size;
    if (room <= 0) return SWEEP_MS; // each end wakes us
    const at = now();
    const taken = await inbox.take(at, room, working.keys());
    for (const issue of taken) {
      if (working.has(issue)) continue;
      const work = takeIssue(deps, issue, () => stopped).finally(() => {
        working.delete(issue);
        wake();
      });
      working.set(issue, work);
    }
    const next = await inbox.nextAt();
    if (next === undefined) return SWEEP_MS;
    return taken.length === 0 && next <= at ? CROWDED_LOOK_MS : Math.min(Math.max(next - now(), 0), SWEEP_MS);
  }

  async function stop(): Promise<void> {
    stopped = true;
    clearTimeout(timer);
    await looking;
    await Promise.all(working.values());
  }

  wake();
  return { wake, stop };
}

/** All waiting comments of one issue, oldest first. Never rejects. */
async function takeIssue(deps: IntakeDeps, issue: string, isStopped: () => boolean): Promise<void> {
  const { inbox, now, log } = deps;
  const warn = (error: unknown) => log.warn({ err: error, inbox: issue }, "the inbox cannot be written");
  const renewal = setInterval(() => void inbox.renew(issue, now()).catch(warn), RENEW_MS);
  try {
    for (let comment = await inbox.first(issue); comment !== undefined; comment = await inbox.first(issue)) {
      if (isStopped()) return await inbox.postpone(issue, now());
      const wait = await takeComment(deps, comment, issue);
      if (wait !== undefined) return await inbox.postpone(issue, now() + wait);
    }
  } catch (error) {
    warn(error); // Redis is away: the lease runs out, and the comment is found again
  } finally {
    clearInterval(renewal);
  }
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
