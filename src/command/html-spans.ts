/** Which parts of a comment its HTML hides, shows as code or as somebody else's words, collapses or strikes out. Linear time. */
import type { Span } from "./markdown-spans.ts";

/** Elements that people write, or paste, whose content is not the writer's own visible words. */
const HIDING: ReadonlySet<string> = new Set(
  "blockquote canvas code del details iframe kbd math noembed noframes noscript object pre s samp script select strike style svg template textarea title tt video xmp".split(
    " ",
  ),
);

/** A comment begins, or a tag: with its name, and its attributes as far as anybody writes them. */
const COMMENT_OR_TAG = /<!--|<(\/?)([a-z][a-z0-9-]*)([^>]{0,2000})>/gi;

/** HTML of which nobody sees anything: comments, instructions and declarations, programs. */
const SHOWS_NOTHING = /^\s*<(?:[!?]|(?:script|style)\b)/i;

type Tag = { name: string; start: number; closing: boolean; attributes: string };

/**
 * `collapsed`: behind a `<details>` that is never closed. Its writer may not know it, so what stands there is answered, while
 * what is in a closed one is hidden.
 */
export type HiddenByHtml = { hidden: Span[]; collapsed: Span[] };

/** `html`: the parts of the text that are HTML. What stands in its comments, or between tags, is hidden, Markdown or not. */
export function hiddenByHtml(text: string, html: readonly Span[]): HiddenByHtml {
  const hidden: Span[] = [];
  const tags: Tag[] = [];
  let commentEnd = 0;
  for (const span of html.toSorted((one, other) => one.start - other.start)) {
    const source = text.slice(span.start, span.end);
    if (SHOWS_NOTHING.test(source)) {
      hidden.push(span);
      continue;
    }
    for (const { 0: found, 1: slash, 2: name = "", 3: attributes = "", index } of source.matchAll(COMMENT_OR_TAG)) {
      const start = span.start + index;
      if (start < commentEnd) continue;
      if (found !== "<!--") {
        tags.push({ name: name.toLowerCase(), start, closing: slash === "/", attributes });
        continue;
      }
      // An empty line ends a block of HTML, but not the comment that began in it.
      commentEnd = endOfComment(text, start);
      hidden.push({ start, end: commentEnd });
    }
  }
  const between = betweenTags(tags, text.length);
  return { hidden: [...hidden, ...between.hidden], collapsed: between.collapsed };
}

function endOfComment(text: string, start: number): number {
  const end = text.indexOf("-->", start + 2);
  return end === -1 ? text.length : end;
}

/** From each tag that hides to the closing one that balances it, or to the end of the comment. */
function betweenTags(tags: readonly Tag[], end: number): HiddenByHtml {
  const hidden: Span[] = [];
  let open: { name: string; start: number; depth: number } | undefined;
  for (const tag of tags) {
    const { name, start, closing } = tag;
    if (!open) {
      if (!closing && hides(tag)) open = { name, start, depth: 1 };
    } else if (name === open.name) {
      open.depth += closing ? -1 : 1;
      if (open.depth > 0) continue;
      hidden.push({ start: open.start, end: start });
      open = undefined;
    }
  }
  const rest = open ? [{ start: open.start, end }] : [];
  return open?.name === "details" ? { hidden, collapsed: rest } : { hidden: [...hidden, ...rest], collapsed: [] };
}

function hides({ name, attributes }: Tag): boolean {
  if (VOID.has(name) || (name === "svg" && attributes.endsWith("/"))) return false;
  if (/\shidden(?:[\s=/]|$)/i.test(attributes)) return true;
  return HIDING.has(name) && !(name === "details" && /\sopen(?:[\s=/]|$)/i.test(attributes));
}

/** Elements without content. */
const VOID: ReadonlySet<string> = new Set("area base br col embed hr img input link meta source track wbr".split(" "));
