/**
 * A review of a pull request by an agent: what it found, by file and line. It approves nothing. Where Orch wrote the changes, whoever wrote
 * them mends what was found, and that is reviewed again: a *round*, of which there are few. Every text in a review is an agent's, bounded here.
 */
import { z } from "zod";

/** In characters; `findings`: so many in one review. */
export const REVIEW_LIMITS = { findings: 20, path: 300, text: 1_000, suggestion: 1_000 } as const;

/** How often what a review has found is handed to whoever wrote the changes. */
export const MAX_ROUNDS = 2;

/** Worst first. */
export const SEVERITIES = ["high", "medium", "low"] as const;

/** `line`: in the file as the change leaves it, from 1; none where the finding is of no one line. */
export const findingShape = z.object({
  path: z.string(),
  line: z.number().optional(),
  severity: z.enum(SEVERITIES),
  text: z.string(),
  /** What would stand there in place of that line. */
  suggestion: z.string().optional(),
  /** GitHub shows the line among the changes, so that it can be commented on. */
  inDiff: z.literal(true).optional(),
});
export type Finding = z.output<typeof findingShape>;

/** `sha`: of the commit that was reviewed. */
export type Review = { sha: string; findings: Finding[] };

/** `round`: how often what was found before has been mended; `asked`: what the changes were asked for, oldest first. */
export type ReviewWish = { round: number; asked?: string[] };

/** `review`: the task whose findings it mends; `round`: the first is 1. */
export type Mending = { review: string; round: number };

/** What became of the findings: handed to whoever wrote the changes, as another task; or left to people. */
export type HandedOn =
  | { kind: "handed"; task: string; round: number }
  /** As often as it is done by itself. */
  | { kind: "over"; rounds: number }
  /** `reason`: a sentence. */
  | { kind: "not_handed"; reason: string };
