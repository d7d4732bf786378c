/** After a restart: a run whose end was told in the earlier life of this host, and of which something is still to be kept. */
import type { Standing } from "../../src/task/standing.ts";
import type { Task } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { promise } from "../kept-sessions/promised.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { lostLease } from "./lease.ts";
import { makeRun } from "./make-run.ts";
import type { Run, Shared } from "./run.ts";
import type { RunFolder } from "./run-folder.ts";

/** The host died after the run's end was told, before its session and its work were kept. Tried once: it may be what the host died of. */
export function hasToKeep({ record }: RunFolder, standing: Standing): boolean {
  const isLeft = (toDo: { again?: boolean | undefined } | undefined) => toDo !== undefined && !toDo.again;
  return standing === "over" && (isLeft(record.toKeep) || isLeft(record.toLeave));
}

/** For what is left to do after its end. */
export function takeUpEnded(
  shared: Shared,
  { spec, folder, user }: { spec: TaskSpec; folder: RunFolder; user: SlotUser },
  task: Task | undefined,
): Run {
  const { agent, continues, toKeep, toLeave } = folder.record;
  for (const toDo of [toKeep, toLeave]) if (toDo) toDo.again = true;
  folder.save();
  promise(shared.dataDir, spec.id);
  shared.log.info({ task: spec.id, slot: user.slot }, "a run that has ended is taken up for what it left");
  const ended = task?.state.name === "settled" ? task.state.outcome : "told";
  return makeRun(shared, { task: { spec, agent, continues }, folder, lease: lostLease(), user, ended });
}
