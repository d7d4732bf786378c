/**
 * What a task can wait for. It holds no slot meanwhile, and is told on GitHub. Every reason has a deadline (`until`, Unix ms):
 * a task that waits for longer ends. A new reason is added here, gets its rule in `src/dispatch/ready.ts` with the facts in
 * `world.ts`, and its words in `src/words/waiting-words.ts`; why it waits is told by `src/views/why.ts`.
 */
import { z } from "zod";

const until = { until: z.number() };

export const waitingShape = z.discriminatedUnion("for", [
  /** Another task of the pull request is not over. */
  z.object({ for: z.literal("task"), task: z.string(), ...until }),
  /** No living host offers the agent; without a name: no host lives at all. */
  z.object({ for: z.literal("agent"), agent: z.string().optional(), ...until }),
]);

export type WaitingReason = z.output<typeof waitingShape>;

/** Whether a person has to do something before it goes on. The compiler asks for a new reason. */
const needsPerson: Record<WaitingReason["for"], boolean> = { task: false, agent: true };
export const waitsForPerson = (reasons: readonly WaitingReason[]): boolean =>
  reasons.some((reason) => needsPerson[reason.for]);
