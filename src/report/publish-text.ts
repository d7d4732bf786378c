/**
 * The one choke point for text that leaves for GitHub: comments, pull requests, check runs. Whatever comes in, nothing
 * that goes out commands a terminal, hides or reverses characters, carries a credential, starts a line with our own
 * command, or is longer than GitHub takes. Publishing a published text changes nothing.
 *
 * Text by agents, hosts and strangers has passed through `quote.ts` before; this is the net under it.
 */

/** GitHub takes 65,536 characters; the rest is room for our marker. */
export const MAX_TEXT = 60_000;
/** GitHub takes 256 characters. */
const MAX_TITLE = 240;
const CUT = "\n\n… cut here, the rest is in the transcript on the worker host.";

// ESC or C1 introducer: CSI; the strings OSC, DCS, SOS, PM, APC with or without their end; any other escape.
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
/** Characters that reverse, hide or tag text. */
const BIDI_AND_TAGS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\u{e0000}-\u{e007f}]/gu;
/** Invisible ones that could split a word which is looked for below. */
const INVISIBLE = /[\u00ad\u180e\u200b\u200c\u2060-\u2064\ufeff]/g;

const SECRETS: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{1,40}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,40}-----|$)/g,
  // The end of a key whose beginning was cut off.
  /(?:^[A-Za-z0-9+/=]{40,76}\n)+(?:[A-Za-z0-9+/=]{1,76}\n)?-----END [A-Z0-9 ]{1,40}-----/gm,
  /ghs_[A-Za-z0-9._-]{36,}/g,
  /gh[oprux]_[A-Za-z0-9_]{30,}/g,
  /github_pat_[A-Za-z0-9_]{20,}/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  // Credentials in a URL.
  /(?<=:\/\/)[^\s/@:]{1,200}:[^\s/@]{1,600}(?=@)/g,
];

export const REDACTED = "[redacted]";
/** Breaks a word for GitHub's eyes and leaves it whole for a reader's. */
export const BREAK = "\u200b";

/** Markdown that may go out. Idempotent. */
export function publishText(text: string): string {
  const clean = breakCommands(redact(stripControls(text)));
  return clean.length <= MAX_TEXT ? clean : `${cut(clean, MAX_TEXT - CUT.length)}${CUT}`;
}

/** One line that may go out as a title: not empty, no markup is read in it. */
export function publishTitle(text: string, otherwise: string): string {
  const line = breakCommands(redact(stripControls(text)).replace(/\s+/g, " ").trim());
  if (line === "") return otherwise;
  return line.length <= MAX_TITLE ? line : `${cut(line, MAX_TITLE - 1)}…`;
}

/** Without escapes, control characters, bidirectional overrides, tags and broken surrogates. Line ends become \n. */
export function stripControls(text: string): string {
  let clean = text.toWellFormed().replace(/\r\n?/g, "\n");
  // A removal may join what stood apart to a new escape.
  for (let before = ""; before !== clean; ) {
    before = clean;
    clean = clean.replace(ESCAPES, "").replace(CONTROLS, "").replace(BIDI_AND_TAGS, "");
  }
  return clean;
}

/** Also without what nobody sees, so that what is looked for cannot be hidden by it. For text that is not ours. */
export function stripInvisible(text: string): string {
  return stripControls(text).replace(INVISIBLE, "");
}

/** The text without anything that looks like a credential. */
export function redact(text: string): string {
  return SECRETS.reduce((clean, secret) => clean.replace(secret, REDACTED), text);
}

/** At most `length` UTF-16 units, never half a character. */
export function cut(text: string, length: number): string {
  const end = Math.max(0, length);
  const high = text.charCodeAt(end - 1);
  return text.slice(0, high >= 0xd800 && high <= 0xdbff ? end - 1 : end);
}

/** Our own text must never be a command, should anybody quote it or a filter against bots fail. */
export function breakCommands(text: string): string {
  // Within one line: were line breaks among the spaces, thousands of empty lines would take time by their square.
  return text.replace(/^((?:>|[^\S\r\n\u2028\u2029])*)\/(?=orch)/gim, `$1/${BREAK}`);
}
