/**
 * What a comment says below a command: it belongs to the request, as Markdown source, quotes and code included. Kept as
 * it was signed but for control characters; what Markdown hides is taken out where the text is used.
 */
import { cut } from "../text/bound.ts";
import { shownText } from "../text/shown.ts";

/** In characters (UTF-16 units), the note about what was left out included. */
export const MAX_DETAILS = 8_000;
/** Room for that note. */
const NOTE = 60;

/** `left`: how many characters were too many. */
export type Details = { details: string; left?: number };

/** What a command says, with what stands below it: that belongs to it. */
export const withDetails = (said: string, { details = "" }: Partial<Details>): string => `${said}\n\n${details}`.trim();

/** Undefined when a reader of the comment sees nothing there. */
export function detailsOf(lines: readonly string[]): Details | undefined {
  const text = lines
    .join("\n")
    .toWellFormed()
    .replace(/(?![\n\t])\p{Cc}/gu, "")
    .replace(/^(?:[ \t]*\n)+/, "")
    .trimEnd();
  return shownText(text) !== "" ? shorten(text) : undefined;
}

function shorten(text: string): Details {
  if (text.length <= MAX_DETAILS) return { details: text };
  const start = outsideOfComments(cut(text, MAX_DETAILS - NOTE));
  const left = text.length - start.length;
  return { details: `${start}\n[… ${left} more characters left out]`, left };
}

/** Cut inside of an HTML comment, its hidden beginning would turn into words. */
function outsideOfComments(text: string): string {
  const closed = text.lastIndexOf("-->");
  const open = text.indexOf("<!--", closed + 1);
  return open === -1 ? text : text.slice(0, open);
}
