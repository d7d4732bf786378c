/**
 * One run, from the claim to the end of its job: prepare, work, verify, decide, publish. Everything is read off the
 * run's folder, so the same function starts a run and takes one up again after a restart of the host.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Refusal } from "../../src/refusal.ts";
import { decide } from "../../src/task/decide.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Progress } from "../../src/task/progress.ts";
import { NotCurrent } from "../bot-client.ts";
import { isDiskFull } from "../disk/free-space.ts";
import { keepSession, promiseSession } from "../kept-sessions/keep-session.ts";
import { fulfil } from "../kept-sessions/promised.ts";
import { CollectFailed } from "../publish/collect-failed.ts";
import { reasonOf } from "../publish/objection.ts";
import { StillFailing } from "../still-failing.ts";
import {
  AccessDenied,
  BranchGone,
  BranchUnusable,
  RepositoryArchived,
  RepositoryGone,
  TooLarge,
} from "../workspace/git-errors.ts";
import { bookRun, budgetOf, setAside } from "./budget.ts";
import { noteToLeave } from "./checkpoint.ts";
import { clearUp, type Ended, type RunEnd } from "./clear-up.ts";
import { duringDeed } from "./deed.ts";
import { endForDisk } from "./end-for-disk.ts";
import { takeOverWorkspace } from "./go-on.ts";
import { type Ground, preparedGround } from "./ground.ts";
import type { Interruption } from "./interruption.ts";
import { parkForLimit } from "./limit.ts";
import { machineUse } from "./machine-use.ts";
import { mergedAlready } from "./node/merged-already.ts";
import { type Publication, planToPublish } from "./node/publish-plan.ts";
import { park } from "./park.ts";
import { prepare } from "./prepare/prepare.ts";
import { type Published, publishWork, type Source, sourceOf, type ToPublish } from "./publish-work.ts";
import { pushedAllTheSame, pushedByEarlierRun } from "./pushed-before.ts";
import { renewBase } from "./renew-base.ts";
import { reviewOutcome } from "./review.ts";
import { isHandover, type Run, type Shared, StaysInDoubt, tell, throwIfInterrupted, whenAborted } from "./run.ts";
import { setUp } from "./set-up.ts";
import { takeUpWork } from "./take-up-work.ts";
import { briefManager, parkManager } from "./team.ts";
import { type Worked, work } from "./work.ts";

const PREPARE_ATTEMPTS = 3;
const PREPARE_RETRY_MS = 3_000;
const SOON_MS = 1_000;
const DISK_RETRY_MS = 2_000;

export async function runTask(shared: Shared, run: Run): Promise<RunEnd> {
  try {
    const outcome = run.ended ?? (await toldOutcome(shared, run));
    // What the host's next life reads again, it tells as well.
    if (outcome === "handed over") return "handed over";
    const [end] = await Promise.all([clearUp(shared, run, outcome), run.events.close()]);
    return end;
  } finally {
    await run.talk.close();
    fulfil(shared.dataDir, run.task.spec.id);
  }
}

/** The outcome once the record has it. */
async function toldOutcome(shared: Shared, run: Run): Promise<Ended> {
  const outcome = await unlessMerged(shared, run, await outcomeOf(shared, run));
  if (outcome !== "handed over") await bookRun(shared, run);
  if (typeof outcome === "string") return outcome;
  try {
    if (await isPushedAllTheSame(shared, run, outcome)) return "told";
    const home = promiseSession(shared, run);
    noteToLeave(shared, run, outcome);
    await tell(shared, run, { name: "ended", outcome, progress: lastProgress(shared, run, home), at: Date.now() });
  } catch (error) {
    if (isHandover(run)) return "handed over";
    if (error instanceof StaysInDoubt) return "untold";
    throw error;
  }
  run.log.info({ outcome: outcome.kind }, "run ended");
  return outcome;
}

/** Whatever came after that: the plan has it, and others build on it. */
async function unlessMerged(shared: Shared, run: Run, ended: Ended): Promise<Ended> {
  if (typeof ended === "string" || ended.kind === "merged") return ended;
  try {
    return (await mergedAlready(shared, run)) ?? ended;
  } catch (error) {
    run.log.error({ err: error }, "whether the node's work is part of its plan cannot be told");
    return ended;
  }
}

async function outcomeOf(shared: Shared, run: Run): Promise<Ended> {
  try {
    return await runToItsEnd(shared, run);
  } catch (error) {
    if (isHandover(run)) return "handed over";
    if (error instanceof StaysInDoubt) return "untold";
    if (run.signal.aborted) return await outcomeOfInterruption(shared, run, run.signal.reason as Interruption);
    return outcomeOfError(run, error);
  }
}

function lastProgress(shared: Shared, run: Run, home: string | undefined): Progress {
  const budget = budgetOf(shared, run);
  return { ...machineUse(run.folder.record), ...(home !== undefined && { home }), ...(budget && { budget }) };
}

/** True when the work stands on GitHub all the same, and the record has that instead of the outcome. */
async function isPushedAllTheSame(shared: Shared, run: Run, outcome: Outcome): Promise<boolean> {
  const pushed = await pushedAllTheSame(shared, run, outcome);
  if (pushed) await tell(shared, run, { name: "pushed", pushed, at: Date.now() });
  return pushed !== undefined;
}

async function runToItsEnd(shared: Shared, run: Run): Promise<Ended> {
  const merged = await mergedAlready(shared, run);
  if (merged) return merged;
  const before = await pushedByEarlierRun(shared, run);
  if (before) {
    await tell(shared, run, { name: "pushed", pushed: before, at: Date.now() });
    return "told";
  }
  const plan = await planToPublish(shared, run);
  if (plan) return await publishAndTell(shared, run, plan);
  const short = await setAside(shared, run);
  if (short) return short;
  await takeOverWorkspace(shared, run);
  await briefManager(shared, run);
  const ground = await findGround(shared, run);
  if ("kind" in ground) return ground;
  await renewBase(shared, run, ground);
  const unready = await setUp(shared, run, ground);
  if (unready) return unready;
  const worked = (await takeUpWork(shared, run, ground)) ?? (await work(shared, run, ground));
  throwIfInterrupted(run);
  const parking =
    worked.parks ?? (await parkForLimit(shared, run, ground, worked)) ?? (await parkManager(shared, run, worked));
  await bookRun(shared, run, { goesOn: parking !== undefined });
  if (parking) return await park(shared, run, parking);
  const reviewed = await reviewOutcome(shared, run, ground, worked);
  if (reviewed) return reviewed;
  if (worked.merged) return worked.merged;
  if (worked.failedAs) return { kind: "agent_failed", ...worked.failedAs, lastLines: run.spoken.lastLines() };
  const { collected, objections, told = 0, stopped } = worked;
  const inTheWay = objections && reasonOf(objections, told);
  const decision = decide({ ...worked, commits: collected.commits, inTheWay, lastLines: run.spoken.lastLines() });
  if (decision.kind === "settle") return decision.outcome;

  noteReady(run, worked);
  const source = sourceOf(shared, run, ground);
  return await publishAndTell(shared, run, { source, work: { ...collected, stopped }, hasSession: true });
}

async function publishAndTell(shared: Shared, run: Run, { source, work, ...about }: Publication): Promise<Ended> {
  const { stopped } = work;
  const { verification, hasSession } = about;
  const progress = { ...(stopped && { stopped }), ...(verification && { verification }) };
  await tell(shared, run, { name: "phase", phase: "publishing", progress, at: Date.now() });
  const promise = () => (hasSession ? promiseSession(shared, run) : undefined);
  if (promise()) void keepSession(shared, run); // meanwhile: publishing is waiting for the most part
  const published = await publishInTime(shared, run, source, work);
  if (published.kind === "refused") return published.outcome;
  const { pushed } = published;
  const home = promise();
  await tell(shared, run, { name: "pushed", pushed, progress: lastProgress(shared, run, home), at: Date.now() });
  const { branch, sha } = published.pushed;
  run.log.info({ branch, sha }, "pushed; the bot opens the pull request");
  return "told";
}

/** From here on nothing has to be done again but publishing, whatever comes between. */
function noteReady(run: Run, { collected, stopped, verification }: Worked): void {
  const summary = run.spoken.summary() ?? run.folder.record.ready?.summary;
  const about = { ...(stopped && { stopped }), ...(summary && { summary }), ...(verification && { verification }) };
  run.folder.record.ready = { ...collected, ...about };
  run.folder.save();
}

/** Bot and GitHub may both be away: the wait for them has a deadline too. */
async function publishInTime(shared: Shared, run: Run, source: Source, work: ToPublish): Promise<Published> {
  const afterMs = shared.operator.limits.publishingMinutes * 60_000;
  const deadline = AbortSignal.timeout(afterMs);
  const publishing = () => publishWork(shared, run, source, { ...work, deadline });
  try {
    return await whenThereIsRoom(run, deadline, () => duringDeed(run.folder, "publish", publishing));
  } catch (error) {
    throwIfInterrupted(run);
    if (!deadline.aborted) throw error;
    const lastLines = run.spoken.lastLines();
    const missed = { deadline: "publishing" as const, afterMs, ...obstacleIn(error) };
    return { kind: "refused", outcome: { kind: "timed_out", ...missed, lastLines } };
  }
}

/** What the time was waited for in vain, where that is known. */
const obstacleIn = (error: unknown): { obstacle?: string } =>
  error instanceof StillFailing ? { obstacle: error.message.slice(0, 500) } : {};

/** Publishing can be repeated, and a disk is full only for as long as nobody cleans up: the host itself does. */
async function whenThereIsRoom<T>(run: Run, deadline: AbortSignal, deed: () => Promise<T>): Promise<T> {
  const signal = AbortSignal.any([run.signal, deadline]);
  for (;;) {
    try {
      return await deed();
    } catch (error) {
      if (!isDiskFull(error) || signal.aborted) throw error;
      run.log.warn({ err: error }, "no room on the disk to publish: trying again");
      await delay(DISK_RETRY_MS, undefined, { signal });
    }
  }
}

/** The workspace, within the deadline for preparing. What is the host's own trouble gets a few tries before it counts. */
async function findGround(shared: Shared, run: Run): Promise<Ground | Outcome> {
  const { prepared } = run.folder.record;
  if (prepared && run.folder.record.steps.length > 0) return preparedGround(shared, run, prepared);
  const afterMs = shared.operator.limits.preparingMinutes * 60_000;
  const deadline = AbortSignal.timeout(afterMs);
  const signal = AbortSignal.any([run.signal, deadline]);
  for (let attempt = 1; ; attempt++) {
    const preparing = duringDeed(run.folder, "prepare", () => prepare(shared, run, signal));
    run.underWay = preparing.catch(() => undefined);
    try {
      return await Promise.race([preparing, whenAborted(signal)]);
    } catch (error) {
      throwIfInterrupted(run);
      if (deadline.aborted) {
        const obstacle = obstacleIn(await soonRejected(preparing));
        return { kind: "timed_out", deadline: "preparing", afterMs, ...obstacle, lastLines: "" };
      }
      await run.underWay;
      if (isFinal(error) || attempt === PREPARE_ATTEMPTS) throw error;
      run.log.warn({ err: error, attempt }, "preparing failed; trying again");
      await delay(PREPARE_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** What is given up at its deadline says soon why it had not come that far; undefined when it does not. */
function soonRejected(underWay: Promise<unknown>): Promise<unknown> {
  const reason = underWay.then(
    () => undefined,
    (error: unknown) => error,
  );
  return Promise.race([reason, delay(SOON_MS)]);
}

/** Errors that trying again cannot mend. */
function isFinal(error: unknown): boolean {
  return refusalOf(error) !== undefined || error instanceof NotCurrent;
}

/** The sentence for the person, when it is their repository and not our host that stands in the way. */
function refusalOf(error: unknown): string | undefined {
  const kinds = [Refusal, BranchGone, BranchUnusable, RepositoryGone, RepositoryArchived, AccessDenied, TooLarge];
  return kinds.some((kind) => error instanceof kind) ? (error as Error).message : undefined;
}

function outcomeOfError(run: Run, error: unknown): Ended {
  if (error instanceof NotCurrent) return "told";
  if (error instanceof CollectFailed) {
    run.log.warn({ detail: error.detail }, "the agent's commits cannot be taken");
    return { kind: "agent_failed", reason: "crash", message: error.message, lastLines: run.spoken.lastLines() };
  }
  const reason = refusalOf(error);
  if (reason !== undefined) return { kind: "refused", reason };
  run.log.error({ err: error }, "the host failed at this run");
  if (isDiskFull(error)) return { kind: "host_error", message: "The disk of the worker host is full." };
  const message = error instanceof Error ? error.message.slice(0, 500) : "unknown error";
  return { kind: "host_error", message };
}

async function outcomeOfInterruption(shared: Shared, run: Run, interruption: Interruption): Promise<Ended> {
  if (interruption.kind === "disk") return await endForDisk(shared, run, interruption);
  if (interruption.kind === "stalled") return { ...interruption, lastLines: run.spoken.lastLines() };
  return interruption.kind === "cancel" ? { kind: "cancelled", reason: interruption.reason } : "told";
}
