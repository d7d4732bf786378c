/**
 * What people may write. A command is a line that starts with `/orch`; several lines are several commands, in order.
 * What stands below a request, up to the next command, belongs to it. What a line may look like: `spelling.ts`; which lines
 * count: `visible-lines.ts`; what its words mean: `meaning.ts`; all words there are: `verbs.ts`.
 */
import { type Details, detailsOf } from "./details.ts";
import type { Around } from "./markdown-spans.ts";
import { type Meaning, meaningOf, type Unclear } from "./meaning.ts";
import { type CommandLine, commandLine, mayHoldCommandLine, mayNameOrch } from "./spelling.ts";
import type { WordedVerb } from "./verbs.ts";
import { visibleLines } from "./visible-lines.ts";

type Understood = Exclude<Meaning, { kind: "misunderstood" } | Said>;
/** What is said goes on below. */
type Said = Extract<Meaning, { kind: "task" | WordedVerb }>;

export type Command = { /** Line of the comment, from 1: names the command for ever. */ line: number } & (
  | (Said & Partial<Details>)
  | Understood
  | { kind: "misunderstood"; reason: Misunderstanding }
);

export type Misunderstanding =
  | Unclear
  /** A person might take the line for a command, and it is written in another way. */
  | { kind: "spelling" }
  /** GitHub shows the line as part of the quote above it. */
  | { kind: "quoted" }
  /** GitHub takes the line for a part of the HTML above it, or of something that is collapsed. */
  | { kind: "in_html" }
  | { kind: "in_table" }
  | { kind: "in_footnote" }
  /** The comment's Markdown takes too long to read. */
  | { kind: "unreadable" };

export const MAX_COMMANDS = 10;

const DRAWN_INTO: Readonly<Record<Around, Misunderstanding>> = {
  quote: { kind: "quoted" },
  html: { kind: "in_html" },
  table: { kind: "in_table" },
  footnote: { kind: "in_footnote" },
};

/** Is it worth parsing? No false negatives; costs little for a text without commands. */
export const mayHoldCommand = mayHoldCommandLine;

/** The commands of a comment in order, at most one more than `MAX_COMMANDS`; empty when it holds none. */
export function parseCommands(body: string): Command[] {
  if (!mayNameOrch(body)) return [];
  const lines = body.split(/\r\n|\n|\r/);
  const visible = visibleLines(body, commandIn);
  return visible.slice(0, MAX_COMMANDS + 1).map(({ number: line, found, within }, index) => {
    if (within) return { line, kind: "misunderstood", reason: DRAWN_INTO[within] };
    if (found.spelling !== "command") return { line, kind: "misunderstood", reason: { kind: "spelling" } };
    const meaning = meaningOf(found.rest);
    const end = (visible[index + 1]?.number ?? Number.POSITIVE_INFINITY) - 1;
    return { line, ...meaning, ...(isSaid(meaning) && detailsOf(lines.slice(line, end))) };
  });
}

const isSaid = (meaning: Meaning): meaning is Said => meaning.kind === "task" || "words" in meaning;

/** A command, or what a person might take for one. Whoever is called like us is only meant where a verb is all that is said. */
function commandIn(line: string): CommandLine | undefined {
  const written = commandLine(line);
  return written?.spelling !== "mention" || isVerb(written.rest) ? written : undefined;
}

const isVerb = (text: string): boolean =>
  text !== "" &&
  !["task", "misunderstood", "answer", "tell", "then", "plan", "team", "review"].includes(meaningOf(text).kind);
