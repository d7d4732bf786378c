/**
 * Which parts of a comment its HTML hides, shows as code or as somebody else's words, collapses or strikes out. An element that
 * is never closed ends where a browser ends it: most of them with the paragraph, the quote or the list in which they begin.
 */
import type { Span } from "./markdown-spans.ts";

/** Elements that people write, or paste, whose content is not the writer's own visible words; by how a browser ends them. */
const HIDING: Readonly<Record<string, Ends>> = {
  ...endingBy("quote", "blockquote details pre xmp"),
  ...endingBy("paragraph", "canvas del kbd object samp select template video"),
  ...endingBy("html", "math svg"),
  /** Opened again behind whatever has closed them, and programs and texts that only their own tag closes. */
  ...endingBy("never", "code iframe noembed noframes noscript s script strike style textarea title tt"),
};
type Ends = "never" | "quote" | "paragraph" | "html";

/** Elements of other names, where an attribute hides them. A paragraph's end does not close these. */
const BLOCK = /^(?:article|aside|center|div|dl|figure|footer|h[1-6]|header|main|nav|ol|section|table|ul)$/;

/** Such an element in the middle of a drawing or formula ends it. */
const BREAKS_OUT =
  /^(?:b|big|blockquote|br|center|code|dd|div|dl|dt|em|h[1-6]|hr|i|img|li|ol|p|pre|s|small|span|strong|sub|sup|table|u|ul)$/;

/** A comment begins, or a tag: with its name, and its attributes as far as anybody writes them. */
const COMMENT_OR_TAG = /<!--|<(\/?)([a-z][a-z0-9-]*)([^>]{0,2000})>/gi;

/** HTML of which nobody sees anything: comments, instructions and declarations, programs. */
const SHOWS_NOTHING = /^\s*<(?:[!?]|(?:script|style)\b)/i;

/** Elements without content. */
const VOID = new Set("area base br col embed hr img input link meta source track wbr".split(" "));

/** Whose end ends all that is open in them. */
const CLOSES_INNER = /^(?:article|aside|blockquote|center|details|div|dl|figure|footer|header|main|nav|ol|section|ul)$/;

type Tag = { name: string; start: number; closing: boolean; attributes: string; html: Span };

/** Where HTML stands, and the blocks of Markdown whose ends close elements. `unsure`: where it is not known what ends there. */
export type Places = Record<"html" | "paragraphs" | "quotes" | "unsure", readonly Span[]>;

/**
 * `lost`: behind a `<details>`, `<del>` or the like that is never closed. Its writer may not know it, so what stands there is
 * answered, while what is in a closed one is hidden.
 */
export type HiddenByHtml = { hidden: Span[]; lost: Span[] };

/** What stands in the comments of the text's HTML, or between tags, is hidden, Markdown or not. */
export function hiddenByHtml(text: string, places: Places): HiddenByHtml {
  const hidden: Span[] = [];
  const tags: Tag[] = [];
  let commentEnd = 0;
  for (const span of places.html.toSorted((one, other) => one.start - other.start)) {
    const source = text.slice(span.start, span.end);
    if (SHOWS_NOTHING.test(source)) {
      hidden.push(span);
      continue;
    }
    for (const { 0: found, 1: slash, 2: name = "", 3: attributes = "", index } of source.matchAll(COMMENT_OR_TAG)) {
      const start = span.start + index;
      if (start < commentEnd) continue;
      if (found !== "<!--") {
        tags.push({ name: name.toLowerCase(), start, closing: slash === "/", attributes, html: span });
        continue;
      }
      // An empty line ends a block of HTML, but not the comment that began in it.
      commentEnd = endOfComment(text, start, places.html);
      hidden.push({ start, end: commentEnd });
    }
  }
  const between = betweenTags(tags, places, text.length);
  return { hidden: [...hidden, ...between.hidden], lost: between.lost };
}

/** Outside of HTML a page shows the marks of an end as they are, and so they end nothing. */
function endOfComment(text: string, start: number, html: readonly Span[]): number {
  for (let end = text.indexOf("-->", start + 2); end !== -1; end = text.indexOf("-->", end + 3))
    if (html.some((span) => span.start <= end && end < span.end)) return end;
  return text.length;
}

/** `inner`: how many elements of each name are open in it. */
type Open = { name: string; start: number; end: number; ends: Ends; isUnsure: boolean; inner: Map<string, number> };

/** Whoever begins one of these marks what follows as code, or as somebody else's, whether or not it is closed. */
const MARKS = /^(?:blockquote|code|kbd|pre|samp|script|style|textarea|title|tt|xmp)$/;

/** From each tag that hides to the closing one that balances it, or to where a browser ends it. */
function betweenTags(tags: readonly Tag[], places: Places, end: number): HiddenByHtml {
  const found: HiddenByHtml = { hidden: [], lost: [] };
  let open: Open | undefined;
  const outer = new Map<string, number>();
  const close = (at: number) => {
    if (!open) return;
    const isLost = (open.isUnsure || at === open.end) && !MARKS.test(open.name);
    (isLost ? found.lost : found.hidden).push({ start: open.start, end: at });
    open = undefined;
  };
  for (const tag of tags) {
    if (open && tag.start >= open.end) close(open.end);
    if (open?.ends === "html" && BREAKS_OUT.test(tag.name)) close(tag.start);
    if (open) {
      const depth = (open.inner.get(tag.name) ?? 0) + (tag.closing ? -1 : 1);
      const closesOuter = depth < 0 && open.ends !== "never" && (outer.get(tag.name) ?? 0) > 0;
      const closes = closesOuter || (tag.name === open.name && depth < 0);
      if (!closes) open.inner.set(tag.name, Math.max(0, depth));
      else close(tag.start);
      if (!closesOuter) continue;
    }
    open = opened(tag, places, end);
    if (!open && CLOSES_INNER.test(tag.name)) count(outer, tag);
  }
  if (open) close(open.end);
  return found;
}

function count(open: Map<string, number>, { name, closing }: Tag): void {
  open.set(name, Math.max(0, (open.get(name) ?? 0) + (closing ? -1 : 1)));
}

function opened({ name, start, closing, attributes, html }: Tag, places: Places, end: number): Open | undefined {
  if (closing || VOID.has(name)) return undefined;
  const ends = endsOf(name, attributes);
  if (!ends) return undefined;
  const isAround = (span: Span) => span.start <= start && start < span.end;
  const paragraph = ends === "paragraph" || ends === "html" ? places.paragraphs.find(isAround) : undefined;
  // The line break behind a drawing's tag ends the drawing.
  if (paragraph && ends === "html") return undefined;
  const bounds = [...(ends === "never" ? [] : places.quotes.filter(isAround)), ...(paragraph ? [paragraph] : [])];
  if (ends === "html") bounds.push(html);
  const isUnsure = places.unsure.some(isAround);
  return { name, start, end: Math.min(end, ...bounds.map((span) => span.end)), ends, isUnsure, inner: new Map() };
}

/** Undefined for what hides nothing. */
function endsOf(name: string, attributes: string): Ends | undefined {
  const isHidden = /\shidden(?:[\s=/]|$)/i.test(attributes);
  if (name === "svg" && attributes.endsWith("/")) return undefined;
  if (name === "details" && /\sopen(?:[\s=/]|$)/i.test(attributes) && !isHidden) return undefined;
  if (Object.hasOwn(HIDING, name)) return HIDING[name];
  if (!isHidden) return undefined;
  return name === "p" ? "html" : BLOCK.test(name) ? "quote" : "paragraph";
}

function endingBy(ends: Ends, names: string): Record<string, Ends> {
  return Object.fromEntries(names.split(" ").map((name) => [name, ends]));
}
