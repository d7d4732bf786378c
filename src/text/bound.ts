/** Text of no more than so many characters (UTF-16 units), never with half a character at its ends. */
import { visibleText } from "./clean.ts";

/** The first `limit` characters. */
export function cut(text: string, limit: number): string {
  const end = Math.max(0, limit);
  return text.slice(0, isHigh(text, end - 1) ? end - 1 : end);
}

/** The last `limit` characters. */
export function cutStart(text: string, limit: number): string {
  const start = Math.max(0, text.length - Math.max(0, limit));
  return text.slice(isHigh(text, start - 1) ? start + 1 : start);
}

/** Cut with an ellipsis in the last place. */
export function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${cut(text, limit - 1).trimEnd()}…`;
}

/** On one line, runs of white space joined. */
export function joinLines(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** The visible part of `text` on one line, shortened. */
export function oneLine(text: string, limit: number): string {
  return shorten(joinLines(visibleText(cut(text, limit * 4))), limit);
}

/** The first `limit` characters, and how many were cut, said in the text itself. */
export function keepStart(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = cut(text, limit);
  return `${kept}\n[… ${text.length - kept.length} more characters left out]`;
}

/** The last `limit` characters: the end of an output is where the reason stands. */
export function keepEnd(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = cutStart(text, limit);
  return `[… ${text.length - kept.length} earlier characters left out]\n${kept}`;
}

/** Whether a character begins here that needs two units. */
function isHigh(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
}
