/**
 * One run, from the claim to the end of its job: prepare, work, verify, decide, publish. Everything is read off the
 * run's folder, so the same function starts a run and takes one up again after a restart of the host.
 */
import { decide } from "../../src/task/decide.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Progress } from "../../src/task/progress.ts";
import { keepSession, promiseSession } from "../kept-sessions/keep-session.ts";
import { fulfil } from "../kept-sessions/promised.ts";
import { reasonOf } from "../publish/objection.ts";
import { bookRun, budgetOf, setAside } from "./budget.ts";
import { noteToLeave } from "./checkpoint.ts";
import { clearUp, type Ended, type RunEnd } from "./clear-up.ts";
import { endForDisk } from "./end-for-disk.ts";
import { findGround } from "./find-ground.ts";
import { takeOverWorkspace } from "./go-on.ts";
import type { Interruption } from "./interruption.ts";
import { parkForLimit } from "./limit.ts";
import { machineUse } from "./machine-use.ts";
import { mergedAlready } from "./node/merged-already.ts";
import { type Publication, planToPublish } from "./node/publish-plan.ts";
import { outcomeOfError } from "./outcome-of-error.ts";
import { park } from "./park.ts";
import { publishInTime } from "./publish-in-time.ts";
import { sourceOf } from "./publish-work.ts";
import { pushedAllTheSame, pushedByEarlierRun } from "./pushed-before.ts";
import { renewBase } from "./renew-base.ts";
import { reviewOutcome } from "./review.ts";
import { isHandover, type Run, type Shared, StaysInDoubt, tell, throwIfInterrupted } from "./run.ts";
import { setUp } from "./set-up.ts";
import { takeUpWork } from "./take-up-work.ts";
import { briefManager, parkManager } from "./team.ts";
import { type Worked, work } from "./work.ts";

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

async function outcomeOfInterruption(shared: Shared, run: Run, interruption: Interruption): Promise<Ended> {
  if (interruption.kind === "disk") return await endForDisk(shared, run, interruption);
  if (interruption.kind === "stalled") return { ...interruption, lastLines: run.spoken.lastLines() };
  return interruption.kind === "cancel" ? { kind: "cancelled", reason: interruption.reason } : "told";
}
