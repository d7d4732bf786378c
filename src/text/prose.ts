/**
 * A text by an agent as people can read it: its paragraphs, lists and code stay, whatever else it has of Markdown or HTML is
 * shown as it was written. Nothing in it is acted upon (inert.ts), no image is loaded, no link hides where it leads.
 */
import { cut } from "./bound.ts";
import { visibleText } from "./clean.ts";
import { code, escapeWords, fence } from "./quote.ts";
import { redact } from "./secret-patterns.ts";

const MAX_CHARS = 4_000;

/** Undefined when there is nothing to show. */
export function prose(text: string, chars = MAX_CHARS): string | undefined {
  const whole = redact(visibleText(text)).trim();
  if (whole === "") return undefined;
  const kept = whole.length <= chars ? whole : `${cut(whole, chars).trimEnd()} …`;
  return blocksOf(kept.split("\n")).join("\n");
}

/** Lines of prose, and code between two fences. */
function blocksOf(lines: readonly string[]): string[] {
  const blocks: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const marks = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (marks === undefined) {
      blocks.push(proseLine(line));
      continue;
    }
    const close = lines.findIndex((each, index) => index > at && each.trim().startsWith(marks));
    const end = close === -1 ? lines.length : close;
    const block = fence(lines.slice(at + 1, end).join("\n"));
    if (block !== undefined) blocks.push("", block, "");
    at = end;
  }
  return blocks;
}

function proseLine(line: string): string {
  const [, indent = "", mark, item] = /^(\s{0,6})([-*+•]|\d{1,3}[.)])\s+(\S.*)$/.exec(line) ?? [];
  if (mark !== undefined && item !== undefined) {
    const bullet = /\d/.test(mark) ? mark.replace(")", ".") : "-";
    return `${indent.length >= 2 ? "  " : ""}${bullet} ${words(item)}`;
  }
  const heading = /^\s{0,3}#{1,6}\s+(\S.*)$/.exec(line)?.[1];
  return heading === undefined ? words(line.trim()) : `**${words(heading.trim())}**`;
}

/** Code stays code; emphasis is not worth a mark. */
function words(line: string): string {
  return line
    .split(/(`[^`]{1,300}`)/)
    .map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1), 300) : escapeWords(unadorned(part))))
    .join("");
}

const unadorned = (text: string): string =>
  text
    .replace(/\*\*|__/g, "")
    .replace(/(?<![\w*])\*([^*\s][^*]{0,200}?)\*(?![\w*])/g, "$1")
    .replace(/\[([^[\]]{1,200})\]\((https?:\/\/[^\s()]{1,300})\)/g, "$1 ($2)");
