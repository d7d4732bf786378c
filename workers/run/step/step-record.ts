/** What a run's record remembers of one of its steps, so that the host's next life goes on with it where it stands. */
import { z } from "zod";
import { egressSchema } from "../../../src/reach/reach-shape.ts";
import { overLimitShape } from "../../../src/task/in-force.ts";
import { DEADLINES } from "../../../src/task/outcome.ts";
import { hiddenShape, verificationShape } from "../../../src/task/task-shape.ts";
import { blockedSchema } from "../../network/outlet-report.ts";
import { objectionSchema } from "../../publish/objection.ts";
import { STEP_KINDS } from "./step-name.ts";

export const stepSchema = z.looseObject({
  /** `setup-1`, `agent-1`, `verify-1`, `agent-2` … */
  name: z.string(),
  kind: z.enum(STEP_KINDS),
  /** Unix ms. */
  startedAt: z.number(),
  /** Of a step that has ended. */
  endedAt: z.number().optional(),
  /** Of an agent's step: its commits, as they stood when it had ended; their objects are in the run's quarantine. */
  collected: z.object({ tip: z.string(), commits: z.number() }).optional(),
  /** Of a node's agent: what came back when its work was to be merged on `tip`, and the commit that its plan's check is of. */
  givenBack: z
    .object({ tip: z.string(), conflict: objectionSchema.optional(), failed: verificationShape.optional() })
    .optional(),
  merging: z.string().optional(),
  /** And files that it changed outside of its node's scope. */
  outside: z.array(z.string()).optional(),
  /** And what stood in the way of publishing them. */
  objections: z.array(objectionSchema).optional(),
  /** Of an agent's step whose check failed: what it had left besides, that a `.gitignore` hides. */
  hidden: hiddenShape.optional(),
  /** Of an agent's step: its check was lost and has been started again; that happens once. */
  checkedAgain: z.boolean().optional(),
  /** The deadline for which it is, or was, stopped. */
  missed: z
    .object({
      deadline: z.enum(DEADLINES),
      afterMs: z.number(),
      cause: z.object({ reason: z.string(), message: z.string() }).optional(),
    })
    .optional(),
  /** It was ended because its programs used more than they may. */
  over: overLimitShape.optional(),
  /** The most memory that its programs held, and their processor time. */
  use: z.object({ peakRssBytes: z.number(), cpuMs: z.number() }).optional(),
  /** The host ended it: its agent did nothing but wait for an answer. How its program ended says nothing then. */
  turnEnded: z.boolean().optional(),
  /** Of an agent's step: it is, or was, stopped because what the run may use was used up. */
  spent: z.boolean().optional(),
  /** Its host was away for a while during it: what its agent said then may not have been heard. */
  unattended: z.boolean().optional(),
  /** It was lost and has been started again; that happens once. */
  again: z.boolean().optional(),
  /** What it used is in the record of an earlier run: it is not counted again. */
  counted: z.boolean().optional(),
  /** What its agent had worked on it before it was stopped and began it once more, ms. */
  workedMs: z.number().optional(),
  /** Of an agent's step that ended well: what was decided to come next. */
  after: z
    .discriminatedUnion("kind", [
      z.object({ kind: z.literal("go on") }),
      z.object({ kind: z.literal("again"), prompt: z.string() }),
    ])
    .optional(),
  /** How it was let out to the network, and what came of that. */
  network: z
    .object({ egress: egressSchema, bytes: z.number(), blocked: z.number(), places: z.array(blockedSchema) })
    .optional(),
});

/** Without an index signature: only the fields that are named here are used. */
export type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] };
export type StepRecord = Named<z.output<typeof stepSchema>>;
