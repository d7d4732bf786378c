/**
 * What people said around a task and what its checks tell, as an agent reads it: each text by itself, fenced as data, bounded.
 */
import { keepEnd, keepStart, oneLine } from "../../src/text/bound.ts";
import { fenced } from "../../src/text/fenced.ts";
import { redact } from "../../src/text/secret-patterns.ts";
import { shownText } from "../../src/text/shown.ts";

/** Characters; see `maxPromptBytes`. */
const limits = { comment: 6_000, check: 2_000 };
/** Of the lines that a review is about, in characters. */
export const MAX_HUNK = 2_500;

/** By somebody who may write to the repository, and older than the command; oldest first. `at` is ISO 8601. */
export type PromptComment = { login: string; body: string; at: string };

/** The same, of a pull request as a whole. `state`: GitHub's word. */
export type PromptReview = PromptComment & { state: string };

/** The same, of a line of its changes; `outdated`: that has changed since. */
export type PromptThread = {
  path: string;
  line?: number;
  outdated: boolean;
  hunk: string;
  comments: readonly PromptComment[];
};

/** All that stands around a task. */
export type Said = {
  comments: readonly PromptComment[];
  reviews?: readonly PromptReview[];
  /** That nobody has settled. */
  threads?: readonly PromptThread[];
  /** What fails on the pull request's commit. */
  failingChecks?: readonly { name: string; summary: string }[];
};

/** What people wrote and programs printed, as an agent is told it: what anybody sees, and no credential. */
export const told = (text: string): string => redact(shownText(text));

/** What may be left out, the first ones first: what people said, by its time, then which checks fail now. */
export function saidOldestFirst({ comments, reviews = [], threads = [], failingChecks = [] }: Said): string[] {
  const said = [
    ...comments.map((comment) => ({ at: comment.at, text: renderComment(comment) })),
    ...reviews.map((review) => ({ at: review.at, text: renderReview(review) })),
    ...threads.map((thread) => ({ at: thread.comments.at(-1)?.at ?? "", text: renderThread(thread) })),
  ];
  const byTime = said.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at)).map(({ text }) => text);
  return [...byTime, ...failingChecks.map(renderCheck)];
}

function renderComment({ login, at, body }: PromptComment): string {
  const text = keepStart(told(body), limits.comment);
  return `\nComment by @${oneLine(login, 100)}, ${oneLine(at, 40)}:\n\n${fenced(text, "data")}\n`;
}

function renderReview({ login, at, body, state }: PromptReview): string {
  const text = keepStart(told(body), limits.comment);
  const verdict = oneLine(state, 40).toLowerCase().replaceAll("_", " ");
  return `\nReview by @${oneLine(login, 100)} (${verdict}), ${oneLine(at, 40)}:\n\n${fenced(text, "data")}\n`;
}

/** Together, so that an answer is never read without what it answers. */
function renderThread({ path, line, outdated, hunk, comments }: PromptThread): string {
  const changed = outdated ? " (these lines have changed since)" : "";
  const code = fenced(keepEnd(told(hunk), MAX_HUNK), "diff");
  return `\nReview thread on ${placeOf(path, line)}${changed}, not resolved yet:\n\n${code}\n${comments.map(renderComment).join("")}`;
}

function renderCheck({ name, summary }: { name: string; summary: string }): string {
  const text = keepStart(told(`${name}\n\n${summary}`), limits.check);
  return `\nA check fails on the pull request's newest commit:\n\n${fenced(text, "data")}\n`;
}

export const placeOf = (path: string, line: number | undefined): string =>
  `\`${oneLine(told(path), 300).replaceAll("`", "'")}\`${line === undefined ? "" : `, line ${line}`}`;
