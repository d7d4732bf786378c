/**
 * What people may write. A command is a line that starts with `/orch`; several lines are several commands, in order.
 * What stands below a request, up to the next command, belongs to it.
 * A reserved word alone is that verb; with words of its own behind it, it is a request (`/orch cancel the timer
 * animation`), unless those words only are polite (`/orch status please`), or the one word behind `cancel` that names a task.
 */
import { detailsOf } from "./details.ts";
import { visibleLines } from "./visible-lines.ts";

export type Command = { /** Line of the comment, from 1: names the command for ever. */ line: number } & (
  | { kind: "task"; instruction: string; details?: string }
  | { kind: "help" }
  | { kind: "status" }
  /** Without `task`: every open task of the issue; else those whose id begins so. */
  | { kind: "cancel"; task?: string }
  | { kind: "misunderstood"; reason: Misunderstanding }
);

export type Misunderstanding =
  /** A lone word that resembles a verb. */
  | { kind: "mistyped"; verb: Verb }
  /** A lone word that may become a verb. */
  | { kind: "reserved"; word: string }
  | { kind: "too_long" }
  /** GitHub shows the line as part of the quote above it. */
  | { kind: "quoted" }
  /** GitHub takes the line for a part of the HTML above it. */
  | { kind: "in_html" }
  /** The comment's Markdown takes too long to read. */
  | { kind: "unreadable" };

export type Verb = "help" | "status" | "cancel" | "stop";

export const MAX_COMMANDS = 10;
export const MAX_INSTRUCTION = 4_000;

const COMMAND_LINE = /^ {0,3}\/orch(?:[:,]?[ \t]|[:,]?$)/i;
const COMMAND_LINE_SOMEWHERE = new RegExp(COMMAND_LINE.source, "im");

const VERBS: Readonly<Record<string, Verb>> = {
  help: "help",
  "?": "help",
  "-h": "help",
  "--help": "help",
  status: "status",
  cancel: "cancel",
  stop: "stop",
};
/** Lone words that people expect to do something; a task called "retry" would surprise them. */
const RESERVED = new Set([
  "why",
  "retry",
  "resume",
  "tell",
  "then",
  "approve",
  "plan",
  "agent",
  "budget",
  "logs",
  "recover",
]);
const POLITE = new Set(
  "a all and everything for it me my now please pls run task tasks thank thanks that the this u you".split(" "),
);

/** Is it worth parsing? No false negatives; costs one pass over the text. */
export function mayHoldCommand(body: string): boolean {
  return COMMAND_LINE_SOMEWHERE.test(body);
}

/** The commands of a comment in order, at most one more than `MAX_COMMANDS`; empty when it holds none. */
export function parseCommands(body: string): Command[] {
  if (!mayHoldCommand(body)) return [];
  const lines = body.split(/\r\n|\n|\r/);
  const found = visibleLines(body, (line) => COMMAND_LINE.test(line));
  return found.slice(0, MAX_COMMANDS + 1).map(({ number, text, within }, index) => {
    if (within) return misunderstood(number, { kind: within === "quote" ? "quoted" : "in_html" });
    const command = parse(number, text.replace(/^ {0,3}\/orch[:,]?/i, ""));
    const end = (found[index + 1]?.number ?? Number.POSITIVE_INFINITY) - 1;
    return command.kind === "task" ? withDetails(command, lines.slice(number, end)) : command;
  });
}

function withDetails(task: Extract<Command, { kind: "task" }>, below: readonly string[]): Command {
  const details = detailsOf(below);
  return details === undefined ? task : { ...task, details };
}

function parse(line: number, rest: string): Command {
  const instruction = rest.replace(/\p{Cc}/gu, " ").trim();
  const words = instruction.toLowerCase().split(/\s+/).map(bare).filter(isVisible);
  const [first, ...others] = words;
  if (first === undefined) return { line, kind: "help" };
  const meant = others.filter((word) => !POLITE.has(word));
  const verb = Object.hasOwn(VERBS, first) ? VERBS[first] : undefined;
  if (verb && meant.length === 0) return byVerb(line, verb);
  // One word behind it is a task's id, perhaps mistyped: whoever wants something stopped must not start something.
  if ((verb === "cancel" || verb === "stop") && meant.length === 1) return { line, kind: "cancel", task: meant[0] };
  if (meant.length === 0) {
    if (RESERVED.has(first)) return misunderstood(line, { kind: "reserved", word: first });
    const near = nearVerb(first);
    if (near) return misunderstood(line, { kind: "mistyped", verb: near });
  }
  if (instruction.length > MAX_INSTRUCTION) return misunderstood(line, { kind: "too_long" });
  return { line, kind: "task", instruction };
}

function byVerb(line: number, verb: Verb): Command {
  return { line, kind: verb === "stop" ? "cancel" : verb };
}

function misunderstood(line: number, reason: Misunderstanding): Command {
  return { line, kind: "misunderstood", reason };
}

/** Without the punctuation that ends a sentence; a word that is nothing else stays. */
function bare(word: string): string {
  return word.replace(/[.,;:!?]+$/, "") || word;
}

function isVisible(word: string): boolean {
  return /[^\p{Cf}\p{Z}]/u.test(word);
}

function nearVerb(word: string): Verb | undefined {
  const verbs: readonly Verb[] = ["help", "status", "cancel", "stop"];
  return verbs.find((verb) => distance(word, verb) <= (verb.length > 4 ? 2 : 1));
}

/** Typing errors between two words: letters left out, added, changed or swapped with their neighbour. */
function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return Number.POSITIVE_INFINITY;
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
        swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(one.length, other.length);
}
