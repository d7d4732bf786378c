/** What stopped an agent, as it is kept on a host until the work is published. */
import { z } from "zod";
import { overLimitShape } from "./in-force.ts";
import { DEADLINES } from "./outcome.ts";

export const stoppedShape = z.discriminatedUnion("by", [
  z.object({ by: z.literal("deadline"), deadline: z.enum(DEADLINES), afterMs: z.number() }),
  z.object({ by: z.literal("budget"), message: z.string() }),
  overLimitShape.extend({ by: z.literal("limit") }),
]);
