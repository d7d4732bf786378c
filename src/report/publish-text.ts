/**
 * The one choke point for text that leaves for GitHub: comments, pull requests, check runs. Whatever comes in, nothing
 * that goes out commands a terminal, hides or reverses characters, carries a credential, starts a line with our own
 * command, or is longer than GitHub takes. Publishing a published text changes nothing.
 *
 * Text by agents, hosts and strangers has passed through src/text/quote.ts before; this is the net under it.
 */
import { cut, joinLines, shorten } from "../text/bound.ts";
import { withoutControls } from "../text/clean.ts";
import { withoutCommands } from "../text/inert.ts";
import { redact } from "../text/secret-patterns.ts";

/** GitHub takes 65,536 characters; the rest is room for our marker. */
export const MAX_TEXT = 60_000;
/** GitHub takes 256 characters. */
const MAX_TITLE = 240;
const CUT = "\n\n… cut here, the rest is in the transcript on the worker host.";

/** Markdown that may go out. Idempotent. */
export function publishText(text: string): string {
  const clean = withoutCommands(redact(withoutControls(text)));
  return clean.length <= MAX_TEXT ? clean : `${cut(clean, MAX_TEXT - CUT.length)}${CUT}`;
}

/** One line that may go out as a title: not empty, no markup is read in it. */
export function publishTitle(text: string, otherwise: string): string {
  const line = joinLines(redact(withoutControls(text))).replace(/^[>\s/]*\/(?=orch)/i, "");
  return line === "" ? otherwise : shorten(line, MAX_TITLE);
}
