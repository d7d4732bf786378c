/**
 * The lines of a comment that a reader sees as the writer's own plain words: not code, not an HTML comment, not a
 * quote. GitHub's own grammar decides (CommonMark, by micromark), because hand-made rules about fences and quotes
 * always miss a case. Safe for any text: measured, a comment of full length costs at most half a second.
 */
import type { Node, Nodes } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";

export type VisibleLine = {
  /** Counted from 1. */
  number: number;
  text: string;
  /**
   * What GitHub draws the line into, though it does not look like it: a `quote` above, or `html`, which goes on to the
   * next empty line and may end in the middle of a tag.
   */
  within?: "quote" | "html";
};

/** GitHub's limit for a comment, in characters. */
const MAX_BODY = 65_536;

/**
 * Emphasis says nothing about where code and quotes are, and 20,000 `*a_` take the parser 87 s. So does a line that
 * opens 65,000 quotes or lists (43 s and 120 s): beyond this depth, its markers count as text.
 */
const WITHOUT_EMPHASIS = { disable: { null: ["attention", "setextUnderline"] } };
const MAX_NESTING = 20;
const CONTAINER_MARKERS = new RegExp(
  `^((?:[ \\t]*(?:>|[-+*](?=[ \\t])|\\d{1,9}[.)](?=[ \\t]))){${MAX_NESTING}})(.*)$`,
  "gm",
);

/** Nodes whose source is not plain words, even where it holds line breaks. */
const NOT_WORDS = new Set(["code", "inlineCode", "definition", "link", "linkReference", "image", "imageReference"]);

/**
 * Without any of these no line that starts with a word is code, HTML, a link or part of a quote. Most comments with a
 * command have none, and the parser costs more (0.3 ms) than everything else that is done before a delivery is answered.
 */
const MAY_HIDE = /[`~<>[]|^ {0,3}\t|^ {4}/m;

/**
 * Where a comment begins, or a tag of an element that people write by hand to show code or a quote: what stands between
 * is not a command.
 */
const HIDES = /<!--|<(\/?)(?:blockquote|pre|code|samp|kbd)\b[^>]*>/gi;

/** HTML of which nobody sees anything: comments, instructions and declarations, programs. */
const SHOWS_NOTHING = /^\s*<(?:[!?]|(?:script|style)\b)/i;

type Span = { start: number; end: number };
type Tag = { start: number; closing: boolean };
/** By what they do to a line that begins in them. */
type Spans = { hidden: Span[]; quotes: Span[]; html: Span[] };

/** A line that a quote of its own may consist of. Not with a tag: what a tag opens may go on below the quote. */
const QUOTED = /^>[^<]*$/;
/** CommonMark's empty line: other white space, e.g. a no-break space, is words that go on with the quote. */
const BLANK = /^[ \t]*$/;

/** Lines whose text `matches`, in order. What matches must start with a word, after at most three spaces. */
export function visibleLines(body: string, matches: (line: string) => boolean): VisibleLine[] {
  const lines = linesOf(body);
  const candidates = lines.filter((line) => matches(line.text));
  if (candidates.length === 0 || body.length > MAX_BODY) return [];
  if (!MAY_HIDE.test(outsideQuotes(lines))) return candidates.map(({ number, text }) => ({ number, text }));
  const { hidden, quotes, html } = spansOf(body);
  const within = (at: number) => (isWithin(quotes, at) ? "quote" : isWithin(html, at) ? "html" : undefined);
  return candidates
    .map((line) => ({ ...line, at: line.start + line.text.search(/\S/) }))
    .filter(({ at }) => !isWithin(hidden, at))
    .map(({ number, text, at }) => ({ number, text, within: within(at) }));
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

function linesOf(body: string): { number: number; text: string; start: number }[] {
  const lines: { number: number; text: string; start: number }[] = [];
  let start = 0;
  for (const part of body.split(/(\r\n|\n|\r)/)) {
    if (!/^[\r\n]/.test(part)) lines.push({ number: lines.length + 1, text: part, start });
    start += part.length;
  }
  return lines;
}

function spansOf(body: string): Spans {
  // Same length, so that positions in the tree are positions in the body.
  const tame = body
    .replace(/^\uFEFF/, " ")
    .replace(CONTAINER_MARKERS, (_line, markers: string, rest: string) => markers + "x".repeat(rest.length));
  const spans: Spans = { hidden: [], quotes: [], html: [] };
  const pending: Nodes[] = [fromMarkdown(tame, { extensions: [WITHOUT_EMPHASIS] })];
  // A stack of our own: the depth of the tree is up to the writer.
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (NOT_WORDS.has(node.type)) spans.hidden.push(spanOf(node));
    if (node.type === "blockquote") spans.quotes.push(spanOf(node));
    if (node.type === "html") spans.html.push(spanOf(node));
    if ("children" in node) for (const child of node.children) pending.push(child);
  }
  spans.hidden.push(...hiddenByHtml(tame, spans.html));
  return spans;
}

/** HTML that shows nothing, and whatever stands in its comments or between tags that show code or a quote, Markdown or not. */
function hiddenByHtml(text: string, html: readonly Span[]): Span[] {
  const hidden: Span[] = [];
  const tags: Tag[] = [];
  let commentEnd = 0;
  for (const span of html.toSorted((one, other) => one.start - other.start)) {
    const source = text.slice(span.start, span.end);
    if (SHOWS_NOTHING.test(source)) {
      hidden.push(span);
      continue;
    }
    for (const { 0: found, 1: slash, index } of source.matchAll(HIDES)) {
      const start = span.start + index;
      if (start < commentEnd) continue;
      if (found !== "<!--") {
        tags.push({ start, closing: slash === "/" });
        continue;
      }
      // An empty line ends a block of HTML, but not the comment that began in it.
      commentEnd = endOfComment(text, start);
      hidden.push({ start, end: commentEnd });
    }
  }
  return [...hidden, ...betweenTags(tags, text.length)];
}

function endOfComment(text: string, start: number): number {
  const end = text.indexOf("-->", start + 2);
  return end === -1 ? text.length : end;
}

/** From each opening tag to the closing tag that balances it, or to the end of the comment. */
function betweenTags(tags: readonly Tag[], end: number): Span[] {
  const spans: Span[] = [];
  let depth = 0;
  let start = 0;
  for (const tag of tags) {
    if (!tag.closing && depth++ === 0) start = tag.start;
    if (tag.closing && depth > 0 && --depth === 0) spans.push({ start, end: tag.start });
  }
  return depth > 0 ? [...spans, { start, end }] : spans;
}

function spanOf(node: Node): Span {
  return { start: node.position?.start.offset ?? 0, end: node.position?.end.offset ?? 0 };
}

function isWithin(spans: readonly Span[], at: number): boolean {
  return spans.some((span) => span.start <= at && at < span.end);
}
