/**
 * Which parts of a comment are not the writer's own plain words, as GitHub draws them: code, HTML, quotes, tables, notes, what
 * is struck out. GitHub's own grammar decides (CommonMark with GFM, by micromark), because hand-made rules about fences and
 * quotes always miss a case. Safe for any text: measured, a comment of full length costs at most half a second, or is given up
 * by `read-commands.ts`.
 */
import { parse, postprocess, preprocess } from "micromark";
import { gfmFootnote } from "micromark-extension-gfm-footnote";
import { gfmStrikethrough } from "micromark-extension-gfm-strikethrough";
import { gfmTable } from "micromark-extension-gfm-table";
import { hiddenByHtml, type Places } from "./html-spans.ts";

export type Span = { start: number; end: number };

/** By what they do to a line that begins in them. */
export type Spans = { hidden: Span[] } & Record<Around, Span[]>;
/** What GitHub draws a line into, though it need not look like it. */
export type Around = "quote" | "html" | "table" | "footnote";

/**
 * Emphasis says nothing about where code and quotes are, and 20,000 `*a_` take the parser 87 s. So does a line that
 * opens 65,000 quotes or lists (43 s and 120 s): beyond this depth, its markers count as text.
 */
const WITHOUT_EMPHASIS = { disable: { null: ["attention", "setextUnderline"] } };
const EXTENSIONS = [gfmTable(), gfmFootnote(), gfmStrikethrough(), WITHOUT_EMPHASIS];
const MAX_NESTING = 20;
const CONTAINER_MARKERS = new RegExp(
  `^((?:[ \\t]*(?:>|[-+*](?=[ \\t])|\\d{1,9}[.)](?=[ \\t])|\\[\\^[^\\]\\s]{1,999}\\]:)){${MAX_NESTING}})(.*)$`,
  "gm",
);

/** Tokens whose source is not plain words, even where it holds line breaks. */
const NOT_WORDS = new Set(["codeFenced", "codeIndented", "codeText", "definition", "link", "image", "strikethrough"]);
const AROUND: Readonly<Record<string, Around>> = {
  blockQuote: "quote",
  htmlFlow: "html",
  htmlText: "html",
  table: "table",
  gfmFootnoteDefinition: "footnote",
};

/** What ends the elements in it with itself, as a quote does. */
const CLOSES = new Set(["listOrdered", "listUnordered", "tableRow", "link"]);

export function spansOf(body: string): Spans {
  // Same length, so that positions of tokens are positions in the body.
  const tame = body
    .replace(/^\uFEFF/, " ")
    .replace(CONTAINER_MARKERS, (_line, markers: string, rest: string) => markers + "x".repeat(rest.length));
  const spans: Spans = { hidden: [], quote: [], html: [], table: [], footnote: [] };
  const events = postprocess(
    parse({ extensions: EXTENSIONS })
      .document()
      .write(preprocess()(tame, undefined, true)),
  );
  const [paragraphs, others]: [Span[], Span[]] = [[], []];
  let imageEnd = 0;
  for (const [what, { type, start, end }] of events) {
    // An image's alternative text is text: its tags open nothing.
    if (what !== "enter" || (type === "htmlText" && start.offset < imageEnd)) continue;
    const span = { start: start.offset, end: end.offset };
    if (type === "image") imageEnd = span.end;
    if (type === "paragraph" || type === "atxHeading") paragraphs.push(span);
    if (CLOSES.has(type)) others.push(span);
    const around = AROUND[type];
    if (around) spans[around].push(span);
    else if (NOT_WORDS.has(type)) spans.hidden.push(span);
  }
  const math = mathIn(tame, [...spans.hidden, ...spans.html, ...spans.quote, ...spans.table]);
  const quotes = [...spans.quote, ...others];
  const unsure = lazyHtml(tame, quotes, { html: spans.html, paragraphs });
  const { hidden, lost } = hiddenByHtml(tame, { html: spans.html, paragraphs, quotes, unsure });
  spans.hidden.push(...math, ...hidden);
  spans.html.push(...lost, ...unsure);
  return spans;
}

/**
 * A tag at the beginning of a line that goes on with a quote's or a list's paragraph: GitHub (cmark) goes on with that paragraph to
 * the next empty line, micromark ends it before the tag. What stands in all of it is answered.
 */
function lazyHtml(
  text: string,
  around: readonly Span[],
  { html, paragraphs }: Pick<Places, "html" | "paragraphs">,
): Span[] {
  const empty = /(?:\r\n|\n|\r(?!\n))[ \t]*(?=[\r\n]|$)/g;
  return html.flatMap(({ start }) => {
    const lineStart = Math.max(text.lastIndexOf("\n", start - 1), text.lastIndexOf("\r", start - 1)) + 1;
    if (start - lineStart > 1 || text.slice(lineStart, start).trim() !== "") return [];
    if (!around.some((span) => span.start < lineStart && start < span.end)) return [];
    const before = paragraphs.find((each) => each.end < lineStart && lineStart - each.end <= 2);
    empty.lastIndex = start;
    return [{ start: before?.start ?? start, end: empty.exec(text)?.index ?? text.length }];
  });
}

/** `$$ … $$`, which GitHub hands to a typesetter; one that does not end is a price. */
function mathIn(text: string, others: readonly Span[]): Span[] {
  const spans: Span[] = [];
  let start: number | undefined;
  for (const { index } of text.matchAll(/(?<![\\$])\$\$(?!\$)/g)) {
    if (isWithin(others, index)) continue;
    if (start === undefined) start = index;
    else {
      spans.push({ start, end: index });
      start = undefined;
    }
  }
  return spans;
}

export function isWithin(spans: readonly Span[], at: number): boolean {
  return spans.some((span) => span.start <= at && at < span.end);
}
