/**
 * The lines of a comment that a reader sees as the writer's own plain words: not code, not hidden, collapsed or struck out,
 * not a quote. A line that GitHub draws into something above it, though it does not look like it, is told as such.
 */
import { mailFrom } from "./mail.ts";
import { type Around, isWithin, type Spans, spansOf } from "./markdown-spans.ts";

export type VisibleLine<Found> = {
  /** Counted from 1. */
  number: number;
  found: Found;
  /** What GitHub draws the line into: it goes on to the next empty line, and HTML may even end in the middle of a tag. */
  within?: Around | undefined;
};

/** GitHub's limit for a comment, in characters. */
export const MAX_BODY = 65_536;

/**
 * Without any of these no line is code, HTML, a link, in a table, struck out or part of a quote. Most comments with a
 * command have none, and the parser costs more (0.3 ms) than everything else that is done before a delivery is answered.
 */
const MAY_HIDE = /[`~<>[|\t]|\$\$|:-|-:|^ {4}|[-+*.)] {4}/m;

/** A line that a quote of its own may consist of. Not with a tag: what a tag opens may go on below the quote. */
const QUOTED = /^>[^<]*$/;
/** CommonMark's empty line: other white space, e.g. a no-break space, is words that go on with the quote. */
const BLANK = /^[ \t]*$/;

type Line = { number: number; text: string; start: number };

/** Lines in which something is found, in order. `at`: where in the line it begins. */
export function visibleLines<Found extends { at: number }>(
  body: string,
  find: (line: string) => Found | undefined,
): VisibleLine<Found>[] {
  if (body.length > MAX_BODY) return [];
  const lines = linesOf(body);
  const mail = mailFrom(body, lines);
  const candidates = lines.slice(0, mail).flatMap((line) => {
    const found = find(line.text);
    return found ? [{ ...line, found, at: line.start + found.at }] : [];
  });
  if (candidates.length === 0) return [];
  if (!MAY_HIDE.test(outsideQuotes(lines))) return candidates.map(({ number, found }) => ({ number, found }));
  const spans = spansOf(body);
  return candidates
    .filter((line) => !isHidden(spans, line))
    .map(({ number, found, at }) => ({ number, found, within: aroundAt(spans, at) }));
}

/** A row of a table, or a note's own indented line, looks like what it is; what only goes on with one does not. */
function isHidden(spans: Spans, { text, at }: Line & { at: number }): boolean {
  return (
    isWithin(spans.hidden, at) ||
    (text.includes("|") && isWithin(spans.table, at)) ||
    (/^(?: {4}| {0,3}\t)/.test(text) && isWithin(spans.footnote, at))
  );
}

function aroundAt(spans: Spans, at: number): Around | undefined {
  return (["quote", "html", "table", "footnote"] as const).find((around) => isWithin(spans[around], at));
}

/**
 * The text without the quotes that an empty line ends, as GitHub's "Quote reply" writes them: whatever stands in such a quote
 * ends with it. Any other `>` is left for the parser.
 */
function outsideQuotes(lines: readonly { text: string }[]): string {
  const outside: string[] = [];
  let ended = true;
  for (const { text } of lines.toReversed()) {
    if (ended && QUOTED.test(text)) continue;
    ended = BLANK.test(text);
    outside.push(text);
  }
  return outside.reverse().join("\n");
}

function linesOf(body: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const part of body.split(/(\r\n|\n|\r)/)) {
    if (!/^[\r\n]/.test(part)) lines.push({ number: lines.length + 1, text: part, start });
    start += part.length;
  }
  return lines;
}
