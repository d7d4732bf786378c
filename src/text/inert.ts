/**
 * Words on which GitHub acts, written so that it does not: mentions, references, addresses that refer or close, orders to
 * skip the checks, hidden comments, our own command. Nothing invisible is put between their letters: what somebody
 * copies is what they see.
 *
 * It has to hold where no Markdown is read as well. A squash merge copies a pull request's title and text into a commit
 * message, where GitHub reads mentions and closing keywords, and a CI its order to skip, whatever marks stand around them.
 */

/** Names that CI systems read between "skip" or "no" and a bracket. */
const CI = "ci|actions?|checks?|travis|circle ?ci|appveyor|netlify|azp|azure ?pipelines|buildkite|drone|github";
const SKIPPING = new RegExp(
  `\\[(?=\\s*(?:(?:skip|no)[\\s_-]+(?:${CI})|(?:${CI})[\\s_-]+skip)\\s*\\])([^\\]]*)\\]`,
  "gi",
);
/** Azure Pipelines' order. */
const NO_CI = /\*{3}(?=NO_CI\*{3})/gi;
/** A trailer, which GitHub Actions obeys. */
const SKIP_CHECKS = /(skip-checks)(?=\s*:)/gi;
/** An address refers like `#1` does, and closes like it after a keyword. */
const ADDRESS = /\/(?:issues|pull|pulls|discussions|commit)\/(?=[0-9a-f])/i;

/** GitHub, or a CI, may act on something in it. Errs on the safe side. */
export function isActedUpon(text: string): boolean {
  return ACTED_UPON.some((pattern) => text.search(pattern) !== -1);
}

const ACTED_UPON: readonly RegExp[] = [
  /@(?=[\w-])/,
  /#(?=\d)/,
  /GH-(?=\d)/i,
  ADDRESS,
  SKIPPING,
  NO_CI,
  SKIP_CHECKS,
  /<!--/,
  /^(?:>|[^\S\n])*\/orch/im,
];

/**
 * The text as HTML, for within `<code>` or `<pre>`: it looks and copies as the text does, and nothing in its source is acted
 * upon. Elsewhere it would not do: GitHub looks for mentions when the page is made, where only code is left alone.
 */
export function inertHtml(text: string): string {
  return text
    .replace(/[&<>"'@#:/*_`[\]()!|\\$]/g, (mark) => entities[mark] ?? mark)
    .replace(/(GH-)(?=\d)/gi, "$1<b></b>");
}

/** By name, because a number would be a `#` and digits. */
const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "@": "&commat;",
  "#": "&num;",
  ":": "&colon;",
  "/": "&sol;",
  "*": "&ast;",
  _: "&lowbar;",
  "`": "&grave;",
  "[": "&lsqb;",
  "]": "&rsqb;",
  "(": "&lpar;",
  ")": "&rpar;",
  "!": "&excl;",
  "|": "&vert;",
  "\\": "&bsol;",
  $: "&dollar;",
};

/**
 * The text for where nothing is markup: a title, a commit message. What is acted upon is said in other words, as visibly as it
 * can be: `@maintainer` becomes `maintainer`, `#12` becomes `no. 12`, an address loses its `https://`.
 */
export function inertWords(text: string): string {
  let words = text;
  // Taking a mark away can bring another one together, as in `#@1`. Each round is linear.
  for (let round = 0, before = ""; round < MAX_ROUNDS && words !== before; round++) {
    before = words;
    words = sayOtherwise(words);
  }
  return sayOtherwise(words) === words ? words : words.replace(/[@#]/g, "");
}

const MAX_ROUNDS = 5;

function sayOtherwise(text: string): string {
  return text
    .replace(SKIPPING, "($1)")
    .replace(NO_CI, "")
    .replace(SKIP_CHECKS, "skip checks")
    .replace(/<!(?=--)/g, "")
    .replace(REFERRING_URL, "")
    .replace(/\bGH-(?=\d)/gi, "no. ")
    .replace(/(\w?)(?<![#@])([#@]+)(?=\d)/g, (_, before: string, marks: string) => numbered(before, marks))
    .replace(/(\w?)(?<!@)(@+)(?=[\w-])/g, (_, before: string, marks: string) =>
      // As in an e-mail address, where nobody is mentioned.
      before !== "" && marks === "@" ? `${before}@` : before,
    );
}

const REFERRING_URL = /https?:\/\/(?=[^\s/]{1,255}\/\S{0,255}?\/(?:issues|pull|pulls|discussions|commit)\/[0-9a-f])/gi;

function numbered(before: string, marks: string): string {
  if (!marks.includes("#")) return `${before}${marks}`;
  return before === "" ? "no. " : `${before} no. `;
}

/** Our own text must never be a command, should anybody quote it or a filter against bots fail. */
export function withoutCommands(text: string): string {
  // Within one line: were line breaks among the spaces, thousands of empty lines would take time by their square.
  return text.replace(/^((?:>|[^\S\r\n\u2028\u2029])*)\/(?=orch)/gim, "$1\\/");
}
