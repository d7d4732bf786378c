/**
 * Words that GitHub acts on, broken for its eyes and whole for a reader's: mentions, references, closing addresses, our own
 * command. Also where no Markdown is read: a squash merge copies a pull request's text into a commit message.
 */

/** Zero-width space: invisible, and enough to stop GitHub from reading a reference. */
export const BREAK = "\u200b";

/** `[skip ci]` and its sisters would let work go unchecked. */
const SKIPPING = /\[(?=\s*(?:skip|no|ci|actions)\s+(?:ci|skip|actions)\s*\])/gi;
/** An address refers like `#1` does, and closes like it after a keyword. */
const ADDRESS = /(\/(?:issues|pull|pulls|discussions|commit)\/)(?=[0-9a-f])/gi;

/** Nobody is mentioned, nothing referred to, closed, skipped or hidden. */
export function breakReferences(text: string): string {
  return text
    .replace(/@(?=[\w-])/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/(GH-)(?=\d)/gi, `$1${BREAK}`)
    .replace(ADDRESS, `$1${BREAK}`)
    .replace(SKIPPING, `[${BREAK}`)
    .replace(/<(?=!--)/g, `<${BREAK}`);
}

/** Our own text must never be a command, should anybody quote it or a filter against bots fail. */
export function breakCommands(text: string): string {
  // Within one line: were line breaks among the spaces, thousands of empty lines would take time by their square.
  return text.replace(/^((?:>|[^\S\r\n\u2028\u2029])*)\/(?=orch)/gim, `$1/${BREAK}`);
}
