/** A run as its host holds it: one interruption at most, told as a promise and as a signal alike. */
import type { Task } from "../../src/task/task.ts";
import { traceIdOf } from "../../src/task/trace.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { makeTalkBack } from "../talk-back/talk-back.ts";
import { makeChanges } from "./changes.ts";
import type { Interruption } from "./interruption.ts";
import type { Lease } from "./lease.ts";
import { planRecordOf } from "./plan.ts";
import { planGround } from "./plan-ground.ts";
import { rightsOf } from "./rights.ts";
import { type Run, runsDir, type Shared } from "./run.ts";
import { createRunFolder } from "./run-folder.ts";
import { makeEventTeller } from "./step/event-teller.ts";
import { makeSpoken } from "./step/spoken.ts";
import { teamRecordOf } from "./team.ts";
import { makeTurn } from "./turn.ts";

type Parts = Pick<Run, "task" | "folder" | "lease" | "user"> & Partial<Pick<Run, "ended">>;

export function makeRun(shared: Shared, { ended, ...parts }: Parts): Run {
  const { spec } = parts.task;
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Interruption>();
  const about = { task: spec.id, trace_id: traceIdOf(spec.id), repo: spec.repository.id, issue: spec.number };
  const log = shared.log.child(about);
  const run: Run = {
    ...parts,
    spoken: makeSpoken(),
    events: makeEventTeller({ redis: shared.redis, folder: parts.folder, log }),
    talk: makeTalkBack(shared, () => run),
    changes: makeChanges(),
    turn: makeTurn(),
    idle: undefined,
    underWay: Promise.resolve(),
    ended,
    inDoubt: undefined,
    log,
    interrupted: promise,
    signal: controller.signal,
    interrupt(interruption) {
      if (controller.signal.aborted) return;
      controller.abort(interruption);
      resolve(interruption);
    },
  };
  return run;
}

/** A run that begins now, with a folder of its own. */
export function beginRun(shared: Shared, { task, lease, user }: { task: Task; lease: Lease; user: SlotUser }): Run {
  const { id: taskId, repository, number } = task.spec;
  const { epoch } = task;
  const folder = createRunFolder(runsDir(shared.dataDir), {
    ...{ taskId, epoch, jobId: lease.job, lane: lease.lane, slot: user.slot },
    startedAt: Date.now(),
    spec: task.spec,
    agent: task.agent,
    continues: task.continues,
    plan: planRecordOf(task, planGround(shared, task.spec)),
    team: teamRecordOf(task),
    rights: rightsOf(task, shared.operator.roles),
    steps: [],
  });
  shared.log.info({ task: taskId, epoch, slot: user.slot, repo: repository.id, issue: number }, "task claimed");
  return makeRun(shared, { task, folder, lease, user });
}
