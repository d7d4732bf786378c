/**
 * Text by agents, hosts and people, as it may stand in our comments: it pings nobody, refers to no issue, closes
 * nothing, loads no image, renders no markup. It comes as a block, as code within a line, or as plain words, and what is
 * copied from the page is what the text was (inert.ts).
 */
import { cut, cutStart, joinLines, shorten } from "./bound.ts";
import { visibleText } from "./clean.ts";
import { fenced, longestTicks } from "./fenced.ts";
import { inertHtml, inertWords, isActedUpon } from "./inert.ts";
import { redact } from "./secret-patterns.ts";

/** A fence's limits: what a reader still reads. */
const MAX_LINES = 40;
const MAX_CHARS = 4_000;

/** The last lines of a text as a code block, or undefined when there is nothing to show. */
export function fence(text: string, limits: { lines?: number; chars?: number } = {}): string | undefined {
  const lines = shown(text)
    .replace(/^(?:[ \t]*\n)+/, "")
    .trimEnd()
    .split("\n");
  const kept = lines.slice(-(limits.lines ?? MAX_LINES)).join("\n");
  const tail = last(kept, limits.chars ?? MAX_CHARS);
  if (tail.trim() === "") return undefined;
  return isActedUpon(tail) ? `<pre>${inertHtml(tail)}</pre>` : fenced(tail, "text");
}

/** Code within a line. */
export function code(text: string, chars = 200): string {
  const line = shorten(joinLines(shown(text)), chars);
  if (line === "") return "` `";
  if (isActedUpon(line)) return codeHtml(line);
  const marks = "`".repeat(longestTicks(line) + 1);
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${marks}${pad}${line}${pad}${marks}`;
}

/** Words within a line, every mark of Markdown and HTML shown as it was written. */
export function plain(text: string, chars = 500): string {
  return escapeWords(shorten(joinLines(shown(text)), chars));
}

/** What somebody wrote, as a block quote of plain words; GitHub keeps its line breaks. */
export function blockQuote(text: string, chars = 1_500): string {
  const lines = shorten(shown(text).trim(), chars).split("\n");
  return lines.map((line) => `> ${escapeWords(line.trim())}`.trimEnd()).join("\n");
}

/** One line for where nothing is markup: a title, the subject of a commit. */
export function title(text: string, chars = 240): string {
  return shorten(joinLines(inertWords(joinLines(shown(text)))), chars);
}

/** How words that are not ours stand within a sentence of ours; `chars`: at most so many of them. */
export type Quoting = {
  code: (text: string, chars?: number) => string;
  plain: (text: string, chars?: number) => string;
};

export const inMarkdown: Quoting = { code, plain };

/** Nothing is markup there, and nobody is pinged: the same sentences, for a person who reads them in a terminal. */
export const inTerminal: Quoting = { code: (text, chars = 200) => `\`${bare(text, chars)}\``, plain: bare };

/** The visible words on one line, without credentials: for a terminal, and for programs that show them themselves. */
export function bare(text: string, chars = 500): string {
  return shorten(joinLines(redact(visibleText(cut(text, chars * 4)))), chars);
}

/** A person's name in a sentence. GitHub's logins are harmless; anything else is shown as code. */
export function mention(login: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$/.test(login) ? `@${login}` : code(login, 60);
}

/** The visible text without credentials. */
const shown = (text: string): string => redact(visibleText(text));

/** Each word as it is, but for those that GitHub would act on or link: a mention, a reference, an address is shown as code. */
export function escapeWords(line: string): string {
  return line.replace(/\S+/g, (word) =>
    isActedUpon(word) || LINKED.test(word) ? codeWord(word) : escapeMarkdown(word),
  );
}

const LINKED = /(?:https?|ftp):\/\/|www\./i;

/** Without the marks of the sentence around it. */
function codeWord(word: string): string {
  const opening = /^[("'[{]*/.exec(word)?.[0] ?? "";
  const closing = /[.,;:!?)\]}"']*$/.exec(word.slice(opening.length))?.[0] ?? "";
  const name = word.slice(opening.length, word.length - closing.length);
  return `${escapeMarkdown(opening)}${codeHtml(name)}${escapeMarkdown(closing)}`;
}

const codeHtml = (text: string): string => `<code>${inertHtml(text).replace(/~/g, "\\~")}</code>`;

function escapeMarkdown(line: string): string {
  return line
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\\`*_{}[\]()#+!|~>:$=-]/g, (mark) => `\\${mark}`)
    .replace(/^(\d+)\./, "$1\\.");
}

/** The end of the text, from the start of a line where there is one. */
function last(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const tail = cutStart(text, chars);
  const lineStart = tail.indexOf("\n") + 1;
  return tail.slice(lineStart > 0 && lineStart < chars / 2 ? lineStart : 0);
}
