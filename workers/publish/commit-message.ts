/**
 * The agent's commit message, made fit to stand under the bot's name: it mentions nobody, closes nothing, skips no checks,
 * forges no trailer, hides no character and carries no credential. Then our own trailers.
 */
import { visibleText } from "../../src/text/clean.ts";
import { inertWords } from "../../src/text/inert.ts";
import { redact } from "../../src/text/secret-patterns.ts";

/** The person who asked for the work. */
export type Requester = { id: number; login: string };

/** `subject`: for a commit without a message. `also`: further trailers of ours, as lines. */
export type Authorship = {
  taskId: string;
  epoch: number;
  requester?: Requester;
  subject: string;
  also?: readonly string[] | undefined;
};

const MAX_BYTES = 8_000;

/** The whole message, ending with the trailers `Orch-Task`, `Orch-Epoch` and, where a person asked, `Co-authored-by`. */
export function commitMessage(original: string, authorship: Authorship): string {
  const text = bound(inertWords(dropTrailers(redact(plain(original))))).trim();
  return `${text === "" ? authorship.subject : text}\n\n${trailers(authorship).join("\n")}\n`;
}

function plain(text: string): string {
  return visibleText(text)
    .replaceAll("\t", " ")
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

function bound(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_BYTES) return text;
  // A character that was cut in two decodes to U+FFFD.
  return `${bytes
    .subarray(0, MAX_BYTES)
    .toString()
    .replace(/\ufffd+$/, "")}…`;
}

function trailers({ taskId, epoch, requester, also = [] }: Authorship): string[] {
  const ours = [`Orch-Task: ${taskId}`, `Orch-Epoch: ${epoch}`, ...also];
  return requester ? [...ours, coAuthor(requester)] : ours;
}

function coAuthor(requester: Requester): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?$/.test(requester.login) || !Number.isSafeInteger(requester.id)) {
    throw new Error(`Not a GitHub account: ${JSON.stringify(requester)}`);
  }
  const { id, login } = requester;
  return `Co-authored-by: ${login} <${id}+${login}@users.noreply.github.com>`;
}
