/**
 * What a host remembers of a run on disk, so that its next life can take the run up where it stands, also when the task's
 * record is in doubt then. Written after every change of plan (`run-folder.ts`); the steps' own files say the rest.
 */
import { z } from "zod";
import { hostPatternSchema } from "../../src/reach/reach-shape.ts";
import { onStopSchema } from "../../src/settings/on-stop.ts";
import { resourcesShape } from "../../src/settings/resources.ts";
import { serverShape } from "../../src/settings/servers.ts";
import { amountsShape, ENVELOPES } from "../../src/task/envelope.ts";
import { finishShape } from "../../src/task/finish.ts";
import { specOfFormat1 } from "../../src/task/format-1.ts";
import { type Lane, laneShape } from "../../src/task/lane.ts";
import { planProposalSchema } from "../../src/task/plan-proposal.ts";
import { judgeRecord, type Reading } from "../../src/task/record.ts";
import { findingShape } from "../../src/task/review.ts";
import { stoppedShape } from "../../src/task/stopped-shape.ts";
import { specShape, verificationShape } from "../../src/task/task-shape.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { UNITS } from "../../src/text/budget.ts";
import { usageTotalsSchema } from "../agents/usage.ts";
import { GO_ON_WITH } from "./go-on-prompts.ts";
import { type Named, type StepRecord, stepSchema } from "./step/step-record.ts";

/** Loose: what a newer Orch has noted down is kept. */
const runRecordSchema = z.looseObject({
  taskId: z.string(),
  /** The epoch this run has now; a host that lost and regained the lock goes on under a new one. */
  epoch: z.number(),
  jobId: z.string(),
  /** Where that job is; none: in the queue of before there were lanes. */
  lane: laneShape.optional(),
  slot: z.number(),
  startedAt: z.number(),
  /** The task's, for when its record is in doubt. Runs of before have none. */
  spec: specShape.optional(),
  /** The agent and the earlier task, as they were decided when the task was dispatched. */
  agent: z.string().optional(),
  continues: z.string().optional(),
  /**
   * The run is over, and its work is kept: `told` when the record says how it ended, `untold` when the record was in doubt and
   * the run ran out of time. What is untold is taken up again when the record says that the run is ours.
   */
  end: z.enum(["told", "untold"]).optional(),
  /**
   * It is parked, and can be gone on with: what it had worked, its agent's session, and what that is asked then; none: as after a limit.
   * `sameTurn`: its agent was stopped in the middle of a turn, which is done once more.
   */
  paused: z
    .looseObject({
      workedMs: z.number(),
      goOnWith: z.enum(GO_ON_WITH).optional(),
      sameTurn: z.boolean().optional(),
      sessionId: z.string().optional(),
      used: usageTotalsSchema.optional(),
    })
    .optional(),
  /** Until when its task waits at most, of one that is parked, Unix ms: until then what it has made must not go. */
  waitsUntil: z.number().optional(),
  /** The step in which its agent goes on after it was parked, and what it is asked there; none: as after a limit. */
  goesOn: z.string().optional(),
  goOnText: z.string().optional(),
  /**
   * Of a task whose agent first proposes what it would do: whether it may change nothing yet, and what it is told of that. `renew`: the
   * branch has moved since it proposed, and its workspace is still to follow.
   */
  plan: z.looseObject({ readOnly: z.boolean(), text: z.string() }).optional(),
  /** Of a team's task: what its agent is there for, and what it handed in. `reminded`: it had handed in nothing, and was told so. */
  team: z
    .looseObject({
      stage: z.enum(["planning", "managing", "alone"]),
      plan: planProposalSchema.optional(),
      alone: z.string().optional(),
      reminded: z.boolean().optional(),
    })
    .optional(),
  /** What its agent may do; runs of before have none. */
  rights: z.looseObject({ readOnly: z.boolean(), delegates: z.boolean() }).optional(),
  renew: z.boolean().optional(),
  /** Its task was parked on another host, and began anew here with a hand-over of that. */
  beganAnew: z.boolean().optional(),
  /** Messages that its agent was given, and has not shown to have. `call`: with the result of which of its calls; `out`: that went out. */
  given: z
    .array(z.object({ entry: z.string(), id: z.string(), call: z.string().optional(), out: z.boolean().optional() }))
    .optional(),
  /** What the prompt of a turn says of messages. */
  said: z.object({ step: z.string(), text: z.string() }).optional(),
  /** Ids of the questions that its agent has asked. Those of an agent before it, which was lost, it knows nothing of. */
  asked: z.array(z.string()).optional(),
  /** Ids of the questions of which its agent knows how they ended. */
  answersTold: z.array(z.string()).optional(),
  /**
   * The agent's session, from just before the run's end is told until it is kept, and what it has used. `again`: by another life
   * of the host than the one that told the end; that happens once.
   */
  toKeep: z
    .looseObject({ sessionId: z.string(), used: usageTotalsSchema.optional(), again: z.boolean().optional() })
    .optional(),
  /** Set when the workspace stands and the prompt is written. */
  prepared: z
    .looseObject({
      agent: z.string(),
      branch: z.string(),
      base: z.string(),
      baseSha: z.string(),
      setup: z.array(z.string()).optional(),
      verify: z.array(z.string()).optional(),
      /** Of a team: all that the repository has. Of a node: those that run beside its agent. */
      servers: z.array(serverShape).optional(),
      onStop: onStopSchema.optional(),
      /** The hosts that the repository lets its work reach at most. */
      listed: z.array(hostPatternSchema).optional(),
      /** What the repository lets its programs use of the machine at most. */
      limits: resourcesShape.optional(),
      /** UUID that the agent's session was started with. */
      sessionId: z.string(),
      /** The session of an earlier task that the agent goes on with instead, and what it had used before. */
      resumed: z.object({ sessionId: z.string(), used: usageTotalsSchema.optional() }).optional(),
      cloneUrl: z.string(),
      repositoryId: z.number(),
    })
    .optional(),
  /** What its agent said of its finished work, by itself; the latest. */
  finish: finishShape.optional(),
  /** What it has found in the changes that it reviews; `reminded`: it was asked for them after a turn without any. */
  findings: z.array(findingShape).optional(),
  reminded: z.boolean().optional(),
  /** What the run of this epoch has set aside; `lastTurn`: the step in which its agent commits what it has, for all is used up. */
  budget: z
    .looseObject({
      epoch: z.number(),
      reserved: amountsShape,
      task: amountsShape.optional(),
      tight: z.partialRecord(z.enum(UNITS), z.enum(ENVELOPES)).optional(),
      low: z.boolean().optional(),
      lastTurn: z.string().optional(),
      /** Up to this share of what it may use, for its last turn. */
      lastShare: z.number().optional(),
      booked: z.boolean().optional(),
      /** Its agent has begun anew from nothing: what it had used before is not known. */
      forgotten: z.boolean().optional(),
    })
    .optional(),
  /**
   * Of a node: how often running its checkpoints have not fitted what others have done, with which commit its agent was told so, and
   * when people were shown what it had made, Unix ms.
   */
  checkIn: z.object({ misfits: z.number(), toldOf: z.string().optional(), shownAt: z.number() }).optional(),
  /** The work is done and checked: what is to be published. */
  ready: z
    .object({
      tip: z.string(),
      commits: z.number(),
      stopped: stoppedShape.optional(),
      summary: z.string().optional(),
      verification: verificationShape.optional(),
    })
    .optional(),
  /** The task whose work it publishes, in place of an agent's. */
  takenUp: z.string().optional(),
  /** What the run has left on this host when its end was told. */
  left: z.enum(["objects", "workspace"]).optional(),
  /** That is still to be seen to, from just before the end is told. `again`: as with `toKeep`. */
  toLeave: z.looseObject({ again: z.boolean().optional() }).optional(),
  steps: z.array(stepSchema),
});

type Read = Named<z.output<typeof runRecordSchema>>;
export type GivenMessage = NonNullable<Read["given"]>[number];
export type Resumed = NonNullable<NonNullable<Read["prepared"]>["resumed"]>;
export type Prepared = Named<NonNullable<Read["prepared"]>>;
export type RunRecord = Omit<Read, "lane" | "spec" | "prepared" | "steps"> & {
  lane?: Lane | undefined;
  spec?: TaskSpec | undefined;
  prepared?: Prepared | undefined;
  steps: StepRecord[];
};

/** `read`: throws what stands in its way. */
export const judgeRunRecord = (read: () => unknown): Reading<RunRecord> =>
  judgeRecord<RunRecord>(runRecordSchema, read, runOfFormat1);

function runOfFormat1(run: { spec?: Parameters<typeof specOfFormat1>[0] }): unknown {
  return run.spec === undefined ? run : { ...run, spec: specOfFormat1(run.spec) };
}
