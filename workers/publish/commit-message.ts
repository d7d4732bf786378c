/**
 * The agent's commit message, made fit to stand under the bot's name: it mentions nobody, closes nothing, skips no checks,
 * forges no trailer and hides no character. Then our own trailers.
 */

/** Who asked for the work. */
export type Requester = { id: number; login: string };

export type Authorship = { taskId: string; epoch: number; requester: Requester };

const MAX_BYTES = 8_000;
/** Zero-width space: invisible, and enough to stop GitHub from reading a reference. */
const GAP = "\u200b";

/** The whole message, ending with the trailers `Orch-Task`, `Orch-Epoch` and `Co-authored-by`. */
export function commitMessage(original: string, authorship: Authorship): string {
  const text = bound(neutralise(dropTrailers(plain(original)))).trim();
  return `${text === "" ? "Change by the agent" : text}\n\n${trailers(authorship).join("\n")}\n`;
}

function plain(text: string): string {
  const hidden = /[^\P{Cc}\n]|\p{Cf}/gu; // controls; zero-width, direction-changing and "tag" characters
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll("\t", " ")
    .replace(hidden, "")
    .replace(/\n{3,}/g, "\n\n");
}

/** Trailers are ours alone: they name people and tasks. */
function dropTrailers(text: string): string {
  const trailer = /^\s*([A-Za-z-]+-by|Orch-[A-Za-z-]+|skip-checks)\s*:/i;
  return text
    .split("\n")
    .filter((line) => !trailer.test(line))
    .join("\n");
}

/** GitHub's closing keywords, where a reference follows; elsewhere "Fix the parser" keeps its plain letters. */
const CLOSING = /\b(close|fix|resolve)(?=(s|d|es|ed)?:?\s+(\S*#\d|GH-\d|https?:))/gi;
/** `[skip ci]` and its sisters would let the agent's work go unchecked. */
const SKIPPING = /\[(?=\s*(skip|no|ci|actions)\s+(ci|skip|actions)\s*\])/gi;
/** An address refers like `#1` does, and closes like it after a keyword. */
const ADDRESS = /\/(issues|pull|discussions|commit)\/(?=[0-9a-f])/gi;

function neutralise(text: string): string {
  return text
    .replace(CLOSING, (word) => `${word[0]}${GAP}${word.slice(1)}`)
    .replace(SKIPPING, `[${GAP}`)
    .replace(ADDRESS, (part) => `${part}${GAP}`)
    .replace(/@(?=\w)/g, `@${GAP}`)
    .replace(/#(?=\d)/g, `#${GAP}`)
    .replace(/\bGH-(?=\d)/gi, (part) => `${part}${GAP}`);
}

function bound(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_BYTES) return text;
  // A character that was cut in two decodes to U+FFFD.
  return `${bytes
    .subarray(0, MAX_BYTES)
    .toString()
    .replace(/\ufffd+$/, "")}…`;
}

function trailers({ taskId, epoch, requester }: Authorship): string[] {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?$/.test(requester.login) || !Number.isSafeInteger(requester.id)) {
    throw new Error(`Not a GitHub account: ${JSON.stringify(requester)}`);
  }
  const { id, login } = requester;
  const person = `Co-authored-by: ${login} <${id}+${login}@users.noreply.github.com>`;
  return [`Orch-Task: ${taskId}`, `Orch-Epoch: ${epoch}`, person];
}
