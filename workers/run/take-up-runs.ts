/**
 * After a restart: which runs are still ours? Run folders, locks and records are compared. A run whose lock can still be
 * renewed goes on, its agent unharmed; the agent of one whose task is over or elsewhere is stopped. While a record is in
 * doubt its run goes on as well, without effects, from what its own folder says.
 */
import { basename } from "node:path";
import { isQuarantined } from "../../src/task/next-state.ts";
import { isEnded, type Standing, standingOf } from "../../src/task/standing.ts";
import type { Task } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import type { RunIdentity } from "../bot-client.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { deedUnderWay, forgetDeed } from "./deed.ts";
import { findPaused, takeUpPaused } from "./go-on.ts";
import type { Locker } from "./job-lock.ts";
import { type Lease, lostLease, regainLease } from "./lease.ts";
import { beginRun, makeRun } from "./make-run.ts";
import { type Run, readStanding, runsDir, type Shared } from "./run.ts";
import { type RunFolder, readRunFolders, runOfDir } from "./run-folder.ts";
import { beginAgainAfterReboot } from "./step/lost-step.ts";
import { hasToKeep, takeUpEnded } from "./take-up-ended.ts";

type TakeSlot = (slot?: number) => SlotUser | undefined;

/**
 * `takeSlot`: undefined when the host has the slot no more. `crashed`: the earlier life of this host did not end on purpose,
 * which counts against the runs that may be the reason.
 */
export type TakingUp = { takeSlot: TakeSlot; crashed: boolean };

/**
 * `runs`: to go on with, each in the slot that it had. `left`: what stays as it is, for its record is in doubt and it cannot
 * be gone on with.
 */
export type TakenUp = { runs: Run[]; left: RunFolder[] };

export async function takeUpRuns(shared: Shared, locker: Locker, how: TakingUp): Promise<TakenUp> {
  const { folders, inDoubt } = readRunFolders(runsDir(shared.dataDir));
  for (const { dir, doubt } of inDoubt)
    shared.log.warn({ dir, doubt }, "a run folder with a record in doubt is left alone");
  const blamed = how.crashed ? await findBlamed(shared, folders) : new Set<RunFolder>();
  const sessions = new Set(await shared.sessions.list());
  const runs = new Map<string, Run>();
  const left: RunFolder[] = [];
  const over = new Set<string>();
  // Of two folders of a task the later one is the run that may go on.
  for (const folder of folders.toSorted((one, other) => other.record.epoch - one.record.epoch)) {
    const { taskId } = folder.record;
    if (runs.has(taskId)) continue;
    const { standing, spec, task } = await standingAfterRestart(shared, folder, blamed.has(folder));
    forgetDeed(folder);
    const isKnown = standing === "own" || isEnded(standing);
    const isWanted = canGoOn(folder, standing, sessions) || hasToKeep(folder, standing);
    const user = isWanted ? how.takeSlot(folder.record.slot) : undefined;
    if (spec && user && isEnded(standing)) runs.set(taskId, takeUpEnded(shared, { spec, folder, user }, task));
    else if (spec && user)
      runs.set(
        taskId,
        await takeUp(shared, { spec, folder, user, lease: await leaseAfterRestart(locker, folder, standing) }),
      );
    else if (isKnown) over.add(taskId);
    else left.push(folder);
  }
  for (const { record } of left)
    shared.log.warn({ task: record.taskId }, "a run whose task's record is in doubt is left alone");
  // The agent of a run that is not ours any more has no right to go on. Sessions bear the name of the task, so an old
  // folder of a task that goes on here, or may go on, must not end its session.
  const spared = new Set([
    ...runs.keys(),
    ...left.map(({ record }) => record.taskId),
    ...inDoubt.map(({ dir }) => runOfDir(dir)?.taskId),
  ]);
  for (const taskId of over) if (!spared.has(taskId)) await shared.sessions.kill(taskId);
  // A folder without a record is one that was just being made: nothing had begun.
  const known = new Set([
    ...folders.map(({ record }) => `${record.taskId}-${record.epoch}`),
    ...inDoubt.filter(({ doubt }) => doubt !== "absent").map(({ dir }) => basename(dir)),
  ]);
  const begun = await beginClaimed(shared, locker, how, known);
  return { runs: [...runs.values(), ...begun], left };
}

/**
 * The runs that may have killed the earlier life of this host: those in the middle of whose deeds it died, or all of them where
 * nothing says which.
 */
async function findBlamed(shared: Shared, folders: readonly RunFolder[]): Promise<ReadonlySet<RunFolder>> {
  const own: RunFolder[] = [];
  for (const folder of folders) {
    const { standing } = await ownAfterRestart(shared, folder.record, false);
    if (standing === "own") own.push(folder);
  }
  const suspects = own.filter((folder) => deedUnderWay(folder) !== undefined);
  for (const folder of suspects) {
    const facts = { task: folder.record.taskId, deed: deedUnderWay(folder) };
    shared.log.warn(facts, "this host died in the middle of what it did for this run");
  }
  return new Set(suspects.length > 0 ? suspects : own);
}

/** Whether the run is to have its slot again. One in doubt only as long as it was not over; what runs of it keeps its slot. */
function canGoOn({ record }: RunFolder, standing: Standing, sessions: ReadonlySet<string>): boolean {
  if (standing === "own") return true;
  return !isEnded(standing) && record.end === undefined && (record.spec !== undefined || sessions.has(record.taskId));
}

/**
 * A lock that ran out while this host was down is not the agent's fault: it goes on without effects until the lock is ours
 * again, or is stopped when another host has the task.
 */
async function leaseAfterRestart(locker: Locker, { record }: RunFolder, standing: Standing): Promise<Lease> {
  return (standing === "own" && (await regainLease(locker, record))) || lostLease();
}

type Parts = { spec: TaskSpec; folder: RunFolder; user: SlotUser; lease: Lease };

async function takeUp(shared: Shared, { spec, folder, user, lease }: Parts): Promise<Run> {
  folder.record.end = undefined;
  await beginAgainAfterReboot(folder);
  const { agent, continues } = folder.record;
  const run = makeRun(shared, { task: { spec, agent, continues }, folder, lease, user });
  const { standing } = await readStanding(shared, run);
  const facts = { task: spec.id, epoch: folder.record.epoch, slot: user.slot, lock: lease.isHeld(), record: standing };
  shared.log.info(facts, "run taken up again");
  return run;
}

/**
 * The run that ended here while its task's record was in doubt, now that its job comes again and the record says that it is
 * ours, or knows nothing of it: what it has done is not done anew. Undefined when there is none. Throws while its slot is busy: the job comes again.
 */
export async function takeUpUntold(
  shared: Shared,
  taskId: string,
  { lease, takeSlot }: { lease: Lease; takeSlot: TakeSlot },
): Promise<Run | undefined> {
  const { folders } = readRunFolders(runsDir(shared.dataDir));
  for (const folder of folders.filter(({ record }) => record.taskId === taskId && record.end === "untold")) {
    const { standing, spec } = await standingAfterRestart(shared, folder, false);
    if ((standing !== "own" && standing !== "older") || !spec) continue;
    const user = takeSlot(folder.record.slot);
    if (!user) throw new Error(`the slot of the run of ${taskId} is busy: its job comes again`);
    return await takeUp(shared, { spec, folder, user, lease });
  }
  return undefined;
}

/**
 * Runs that the earlier life had claimed and not yet made a folder for. Their jobs would come again only when the locks
 * have run out, and nobody else can have begun them: this host is only once here. `known`: the runs that have a folder.
 */
async function beginClaimed(
  shared: Shared,
  locker: Locker,
  { takeSlot, crashed }: TakingUp,
  known: ReadonlySet<string>,
): Promise<Run[]> {
  const begun: Run[] = [];
  for (const { spec, epoch } of await shared.store.readMany(await shared.store.openIds())) {
    if (known.has(`${spec.id}-${epoch}`)) continue;
    const { standing, task } = await ownAfterRestart(shared, { taskId: spec.id, epoch }, crashed);
    if (standing !== "own" || task?.state.name !== "running") continue;
    const { job: jobId, lane } = task.state;
    const lease = await regainLease(locker, { taskId: spec.id, epoch, jobId, lane });
    const user = lease && (takeSlot(findPaused(shared, task)?.record.slot) ?? takeSlot());
    if (!lease || !user) continue; // it comes again with the queue
    await shared.sessions.kill(spec.id); // should only the folder be gone
    const folder = findPaused(shared, task);
    begun.push(folder ? takeUpPaused(shared, { task, folder, lease, user }) : beginRun(shared, { task, lease, user }));
  }
  return begun;
}

/** The spec is the record's, or the folder's own while the record is in doubt. */
async function standingAfterRestart(
  shared: Shared,
  { record }: RunFolder,
  crashed: boolean,
): Promise<{ standing: Standing; spec: TaskSpec | undefined; task: Task | undefined }> {
  const { standing, task } = await ownAfterRestart(shared, record, crashed);
  return { standing, spec: task?.spec ?? record.spec, task };
}

/** What the record says of the run. One that was pushed is over here: the rest is the bot's. */
async function ownAfterRestart(
  { store, hostId }: Shared,
  { taskId, epoch }: RunIdentity,
  crashed: boolean,
): Promise<{ standing: Standing; task?: Task }> {
  const reading = await store.lookUp(taskId);
  const standing = standingOf(reading, { host: hostId, epoch });
  if (reading.kind !== "known") return { standing };
  const { record: task } = reading;
  if (standing === "own" && (task.pushed || isQuarantined(task))) return { standing: "over", task };
  if (standing !== "own" || !crashed) return { standing, task };
  const made = await store.change(taskId, { name: "crashed", epoch, at: Date.now() });
  if (made.kind !== "known") return { standing: made.kind };
  // One that is quarantined is the bot's to end.
  const after = isQuarantined(made.record) ? "over" : standingOf(made, { host: hostId, epoch });
  return { standing: after, task: made.record };
}
