/**
 * What an agent says of its finished work: what it hands in by itself, else its words at its end, with a title where their first line
 * is one. Pure.
 */
import { visibleText } from "../text/clean.ts";
import type { Progress } from "./progress.ts";

export type Summary = { title?: string; text: string };

/** Undefined where it has said nothing of it. */
export function ownSummary({ finish, summary }: Pick<Progress, "finish" | "summary">): Summary | undefined {
  if (finish) return { title: finish.title, text: finish.summary };
  return summary === undefined ? undefined : readSummary(summary);
}

const MIN_TITLE = 8;
const MAX_TITLE = 90;
/** It talks to somebody, or says that it is done: no name for a change. */
const TALK =
  /^(?:i|i'm|i've|i'll|we|we've|it|this|that|these|here|there|now|done|ok|okay|sure|yes|no|all|everything|great|perfect|good|successfully|the (?:tests?|build|issue|bug|problem|task|fix|changes?|work)|let me|summary|result|title|to|as)\b/i;

export function readSummary(said: string): Summary {
  const text = visibleText(said).trim();
  const end = text.indexOf("\n");
  const first = bare(end === -1 ? text : text.slice(0, end));
  if (!isTitle(first)) return { text };
  return { title: first.replace(/\.$/, ""), text: end === -1 ? "" : text.slice(end).trim() };
}

/** Without the marks of a heading, or of a label. */
function bare(line: string): string {
  return line
    .replace(/^[#*_\s]{1,20}/, "")
    .replace(/^(?:title|subject|summary)\s{0,5}:[*_\s]{0,10}/i, "")
    .replace(/[*_\s]{1,20}$/, "")
    .trim();
}

function isTitle(line: string): boolean {
  return (
    line.length >= MIN_TITLE &&
    line.length <= MAX_TITLE &&
    /\S\s+\S/.test(line) &&
    !/[:,;?!]$/.test(line) &&
    !TALK.test(line)
  );
}
