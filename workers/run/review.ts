/**
 * A run that reviews the changes of a pull request. Its agent hands findings in one by one and says at the end that it is done: silence is no
 * verdict. What it handed in becomes the task's outcome; the bot posts it.
 */
import { Refusal } from "../../src/refusal.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Finding, Review } from "../../src/task/review.ts";
import { reviewReminder } from "../agents/prompt-review.ts";
import { knownTip } from "../workspace/fetch-refs.ts";
import type { AfterTurn } from "./after-turn.ts";
import { type DiffLines, diffLines } from "./diff-lines.ts";
import type { Ground } from "./ground.ts";
import { type Run, type Shared, tell } from "./run.ts";
import { mayBeUnheard } from "./unheard.ts";
import type { Worked } from "./work.ts";

export const isReview = ({ task }: Pick<Run, "task">): boolean => task.spec.review !== undefined;

const isHandedIn = ({ folder: { record } }: Run): boolean =>
  record.finish !== undefined || (record.findings ?? []).length > 0;

/** @throws Refusal where the agent could not hand anything in */
export function refuseMuteReview(run: Run): void {
  if (isReview(run) && !run.talk.offered)
    throw new Refusal(
      "A review needs agents that can talk back, and on this worker host they cannot (it has no `/usr/bin/perl`). Have its operator install it.",
    );
}

/** After its turn: an agent that has handed nothing in is asked for it, once; what it said while its host was away does not count. */
export async function nextForReview(_: Shared, run: Run, __: Ground): Promise<AfterTurn | undefined> {
  const { record } = run.folder;
  if (!isReview(run) || isHandedIn(run) || (record.reminded && !mayBeUnheard(run))) return undefined;
  record.reminded = true; // saved with what comes after the turn
  return { kind: "again", prompt: reviewReminder };
}

/** Undefined of a run that reviews nothing, and of one whose agent did not come to its end. */
export async function reviewOutcome(
  shared: Shared,
  run: Run,
  ground: Ground,
  { verdict, missed }: Worked,
): Promise<Outcome | undefined> {
  if (!isReview(run) || !verdict.ok || missed) return undefined;
  if (!isHandedIn(run)) {
    const message = "It ended without handing in a review, also when it was asked for it.";
    return { kind: "agent_failed", reason: "no_review", message, lastLines: run.spoken.lastLines() };
  }
  const review = await reviewOf(run, ground);
  await tell(shared, run, { name: "progress", progress: { review }, at: Date.now() });
  return { kind: "reviewed", findings: review.findings.length, sha: review.sha };
}

async function reviewOf(run: Run, ground: Ground): Promise<Review> {
  const { findings = [] } = run.folder.record;
  const lines = findings.length === 0 ? undefined : await linesShown(run, ground);
  const placed = findings.map((finding) => (isShown(finding, lines) ? { ...finding, inDiff: true as const } : finding));
  return { sha: ground.prepared.baseSha, findings: placed };
}

const isShown = ({ path, line }: Finding, lines: DiffLines | undefined): boolean =>
  line !== undefined && lines?.get(path)?.has(line) === true;

/** Where that cannot be found out, the findings stand in the review's text. */
async function linesShown(run: Run, { mirror, prepared }: Ground): Promise<DiffLines | undefined> {
  const base = knownTip(mirror, prepared.base);
  if (base === undefined) return undefined;
  try {
    return await diffLines(mirror, base, prepared.baseSha, run.signal);
  } catch (error) {
    run.signal.throwIfAborted();
    run.log.warn({ err: error }, "which lines the pull request shows is not known: the findings go into the text");
    return undefined;
  }
}
