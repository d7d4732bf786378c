/**
 * The least that a task's record must have, so that whoever reads it can rely on `Task`. Checked at every read: kept cheap. What
 * has ever been written under a format stays readable: test/fixtures/records has some of each.
 */
import { z } from "zod";
import { laneShape } from "./lane.ts";
import { originShape } from "./origin.ts";
import { proposalShape } from "./proposal.ts";
import { questionShape } from "./question.ts";
import { routingShape } from "./routing.ts";
import { PHASES } from "./task.ts";
import { waitingShape } from "./waiting.ts";

const state = z.discriminatedUnion("name", [
  z.looseObject({ name: z.literal("waiting"), since: z.number(), reasons: z.array(waitingShape) }),
  z.looseObject({ name: z.literal("queued"), since: z.number(), lane: laneShape.optional() }),
  z.looseObject({
    name: z.literal("running"),
    phase: z.enum(PHASES),
    host: z.string(),
    lane: laneShape.optional(),
    since: z.number(),
    phaseSince: z.number(),
  }),
  z.looseObject({ name: z.literal("settled"), outcome: z.looseObject({ kind: z.string() }), at: z.number() }),
]);

/** What a host notes down of files that are not published. */
export const hiddenShape = z.object({ paths: z.array(z.string()), more: z.number() });

/** What it notes down of a check, whole. */
export const verificationShape = z.object({
  command: z.string(),
  exitCode: z.number(),
  rounds: z.number(),
  outputTail: z.string(),
  unchanged: z.literal(true).optional(),
  redBefore: z.literal(true).optional(),
  hidden: hiddenShape.optional(),
});

export const specShape = z.looseObject({
  id: z.string(),
  installationId: z.number(),
  repository: z.looseObject({ id: z.number(), owner: z.string(), name: z.string() }),
  number: z.number(),
  title: z.string(),
  target: z.looseObject({ kind: z.enum(["issue", "pull"]), defaultBranch: z.string() }),
  origin: originShape,
  conversation: z.number(),
  actor: z.looseObject({ id: z.number(), login: z.string() }).optional(),
  instruction: z.string(),
  requestedAt: z.number(),
  acceptedAt: z.number(),
});

export const taskShape = z.looseObject({
  spec: specShape,
  state,
  epoch: z.number(),
  version: z.int(),
  crashes: z.array(z.number()),
  runs: z.array(
    z.looseObject({
      number: z.number(),
      host: z.string(),
      startedAt: z.number(),
      checkpoint: z.looseObject({ kind: z.string() }).optional(),
      progress: z.looseObject({}),
    }),
  ),
  questions: z.array(questionShape).optional(),
  proposal: proposalShape.optional(),
  // What is only told harms nobody where a newer Orch says it otherwise.
  routing: routingShape.optional().catch(undefined),
});
