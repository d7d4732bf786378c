/**
 * What a task can wait for. It holds no slot meanwhile, and is told on GitHub. Every reason has a deadline (`until`, Unix ms):
 * a task that waits for longer ends. A new reason is added here, gets its rule in `src/dispatch/ready.ts` with the facts in
 * `world.ts`, and its words in `src/words/waiting-words.ts`; what is shown of it is in `src/views/reason-view.ts`.
 */
import { z } from "zod";
import { UNITS } from "../text/budget.ts";
import { ENVELOPES, isDaily } from "./envelope.ts";

const until = { until: z.number() };

/** What becomes of a task when nobody answers its agent's question in time. */
export const onNoAnswerSchema = z.enum(["go_on", "end"]);
export type OnNoAnswer = z.output<typeof onNoAnswerSchema>;

export const waitingShape = z.discriminatedUnion("for", [
  /** Another task of the pull request is not over; `behind`: or the one that it goes on from. */
  z.object({ for: z.literal("task"), task: z.string(), behind: z.boolean().optional(), ...until }),
  /** No living host offers the agent, or not the one `host` where it has to be; without a name: no host lives at all. */
  z.object({ for: z.literal("agent"), agent: z.string().optional(), host: z.string().optional(), ...until }),
  /**
   * The agent's account takes no requests for now; `why`: an adapter's reason. It goes on `at`, on the host that has its session where it has
   * begun. `left`: how long that is, in steps that halve it, so that telling it takes few edits. `probing`: another task tries first.
   */
  z.object({
    for: z.literal("limit"),
    agent: z.string(),
    why: z.string(),
    since: z.number(),
    at: z.number(),
    left: z.number(),
    host: z.string().optional(),
    probing: z.boolean().optional(),
    ...until,
  }),
  /** A person's answer to a question of its agent. `onNoAnswer`: what becomes of the task when none comes in time. */
  z.object({ for: z.literal("answer"), question: z.string(), onNoAnswer: onNoAnswerSchema, ...until }),
  /** A person's word about what its agent proposes. */
  z.object({ for: z.literal("approval"), proposal: z.string(), ...until }),
  /** The nodes of its plan, which are worked on meanwhile; a team's task waits so. */
  z.object({ for: z.literal("team"), ...until }),
  /** Room in an envelope, of which too little is left for a run. */
  z.object({ for: z.literal("budget"), of: z.enum(ENVELOPES), unit: z.enum(UNITS), ...until }),
]);

export type WaitingReason = z.output<typeof waitingShape>;
export type ApprovalReason = Extract<WaitingReason, { for: "approval" }>;
export type TeamReason = Extract<WaitingReason, { for: "team" }>;
export type AnswerReason = Extract<WaitingReason, { for: "answer" }>;
export type BudgetReason = Extract<WaitingReason, { for: "budget" }>;
export type LimitReason = Extract<WaitingReason, { for: "limit" }>;

/** So long after the time at which it was to go on a task waits for that, ms. */
const LATE_MS = 24 * 3600_000;
/** Less than this is not counted down, ms. */
const LAST_STEP_MS = 30_000;

type Limited = Pick<LimitReason, "agent" | "why" | "since" | "at" | "host" | "probing">;

/** A countdown in steps: whoever looks at any time makes the same of it. */
export function limitReason(limited: Limited, now: number): LimitReason {
  const { since, at } = limited;
  let left = Math.max(0, at - since);
  while (left / 2 >= Math.max(at - now, LAST_STEP_MS)) left = Math.ceil(left / 2);
  const { host, probing, ...rest } = limited;
  return {
    for: "limit",
    ...rest,
    left,
    ...(host !== undefined && { host }),
    ...(probing && { probing }),
    until: at + LATE_MS,
  };
}

/** Whether a person has to do something before it goes on. The compiler asks for a new reason. */
const needsPerson: Record<WaitingReason["for"], boolean> = {
  task: false,
  agent: true,
  limit: false,
  answer: true,
  approval: true,
  team: false,
  budget: false,
};
export const waitsForPerson = (reasons: readonly WaitingReason[]): boolean =>
  reasons.some((reason) => needsPerson[reason.for] || isForRaise(reason));

/** Whether a team's task waits so while its plan is worked on: for its nodes, and for a word about a change of the plan. */
export const isForPlan = (reason: WaitingReason): boolean => reason.for === "team" || reason.for === "approval";

/** A day's envelope is full again on the next day; another one only when somebody raises it, or a run leaves something over. */
const isForRaise = (reason: WaitingReason): boolean => reason.for === "budget" && !isDaily(reason.of);
