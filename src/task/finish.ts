/**
 * What an agent says of its finished work by itself, before it ends: how the work is called and what it does, for whoever
 * reviews it; what was decided on the way, what others can build on and what is left, for whoever goes on from it.
 */
import { z } from "zod";

/** In characters, and in entries of each list. */
export const FINISH_LIMITS = { title: 120, summary: 1_500, entries: 10, entry: 300 } as const;

/** As it is kept, wherever that is: bounded by whoever took it from the agent. */
export const finishShape = z.object({
  title: z.string(),
  summary: z.string(),
  decisions: z.array(z.string()),
  interfaces: z.array(z.string()),
  followUps: z.array(z.string()),
});

export type Finish = z.output<typeof finishShape>;
