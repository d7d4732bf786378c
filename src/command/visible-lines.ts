/**
 * The lines of a comment that a reader sees as the writer's own plain words: not code, not an HTML comment, not a
 * quote. GitHub's own grammar decides (CommonMark, by micromark), because hand-made rules about fences and quotes
 * always miss a case. Safe for any text: measured, a comment of full length costs at most half a second.
 */
import type { Node, Nodes } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";

/** `quoted`: it bears no `>` of its own, yet GitHub shows it as part of the quote above. */
export type VisibleLine = { /** Counted from 1. */ number: number; text: string; quoted: boolean };

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
const NOT_WORDS = new Set([
  "code",
  "inlineCode",
  "html",
  "definition",
  "link",
  "linkReference",
  "image",
  "imageReference",
]);

/**
 * Without any of these no line that starts with a word is code, HTML, a link or part of a quote. Most comments with a
 * command have none, and the parser costs more (0.3 ms) than everything else that is done before a delivery is answered.
 */
const MAY_HIDE = /[`~<>[]|^ {0,3}\t|^ {4}/m;

/** Elements that people write by hand to show code or a quote; what stands between their tags is not a command. */
const SHOWN_AS_QUOTE = /<(\/?)(?:blockquote|pre|code|samp|kbd)\b[^>]*>/gi;

type Span = { start: number; end: number };

/** Lines whose text `matches`, in order. What matches must start with a word, after at most three spaces. */
export function visibleLines(body: string, matches: (line: string) => boolean): VisibleLine[] {
  const candidates = linesOf(body).filter((line) => matches(line.text));
  if (candidates.length === 0 || body.length > MAX_BODY) return [];
  if (!MAY_HIDE.test(body)) return candidates.map(({ number, text }) => ({ number, text, quoted: false }));
  const { hidden, quotes } = spansOf(body);
  return candidates
    .map((line) => ({ ...line, at: line.start + line.text.search(/\S/) }))
    .filter(({ at }) => !isWithin(hidden, at))
    .map(({ number, text, at }) => ({ number, text, quoted: isWithin(quotes, at) }));
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

function spansOf(body: string): { hidden: Span[]; quotes: Span[] } {
  // Same length, so that positions in the tree are positions in the body.
  const tame = body
    .replace(/^\uFEFF/, " ")
    .replace(CONTAINER_MARKERS, (_line, markers: string, rest: string) => markers + "x".repeat(rest.length));
  const hidden: Span[] = [];
  const quotes: Span[] = [];
  const tags: { start: number; closing: boolean }[] = [];
  const pending: Nodes[] = [fromMarkdown(tame, { extensions: [WITHOUT_EMPHASIS] })];
  // A stack of our own: the depth of the tree is up to the writer.
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (NOT_WORDS.has(node.type)) hidden.push(spanOf(node));
    if (node.type === "blockquote") quotes.push(spanOf(node));
    if (node.type === "html") {
      for (const tag of node.value.matchAll(SHOWN_AS_QUOTE))
        tags.push({ start: spanOf(node).start + tag.index, closing: tag[1] === "/" });
    }
    if ("children" in node) for (const child of node.children) pending.push(child);
  }
  return { hidden: [...hidden, ...betweenTags(tags, body.length)], quotes };
}

/** From each opening tag to the closing tag that balances it, or to the end of the comment. */
function betweenTags(tags: readonly { start: number; closing: boolean }[], end: number): Span[] {
  const spans: Span[] = [];
  let depth = 0;
  let start = 0;
  for (const tag of tags.toSorted((one, other) => one.start - other.start)) {
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
