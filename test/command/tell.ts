/** Commands as a line of words, so that hundreds of them can be read in a table. */
import type { Command, Misunderstanding } from "../../src/command/command.ts";
import { parseCommands } from "../../src/command/command.ts";
import type { Settings } from "../../src/command/verbs.ts";

/** What happens to a comment; `nothing` where nobody is answered. */
export function whatHappens(body: string): string {
  const commands = parseCommands(body);
  return commands.length === 0 ? "nothing" : commands.map(tell).join(" · ");
}

function tell(command: Command): string {
  switch (command.kind) {
    case "help":
    case "status":
    case "budget":
      return command.kind;
    case "why":
    case "logs":
    case "cancel":
      return words(command.kind, command.task);
    case "retry":
      return words("retry", command.task, settings(command.settings));
    case "tell":
      return words(`tell: ${command.words}`, command.task && `(${command.task}?)`);
    case "answer":
      return words(`answer: ${command.words}`, command.task && `(${command.task}?)`);
    case "then":
      return words(`then: ${command.words}`, command.task && `(${command.task}?)`, settings(command.settings));
    case "approve":
      return words("approve", command.task);
    case "plan":
      return words(`plan: ${command.words}`, command.task && `(${command.task}?)`, settings(command.settings));
    case "review":
      return words(`review${command.words === "" ? "" : `: ${command.words}`}`, settings(command.settings));
    case "team":
      return words(`team: ${command.words}`, settings(command.settings));
    case "task":
      return words(`do: ${command.instruction}`, settings(command.settings));
    case "misunderstood":
      return `say: ${reason(command.reason)}`;
  }
}

function reason(why: Misunderstanding): string {
  switch (why.kind) {
    case "mistyped":
      return `did you mean ${why.verb}`;
    case "reserved":
    case "undo":
    case "one_word":
      return `${why.kind} ${why.word}`;
    case "wordless":
      return `wordless ${why.verb}`;
    case "chat":
      return why.about;
    case "setting": {
      const { what, ...about } = why.problem;
      return words(`setting ${what}`, ...Object.values(about).map(String));
    }
    default:
      return why.kind;
  }
}

const words = (...parts: (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== "").join(" ");

const settings = (set: Settings = {}): string | undefined => {
  const all = Object.entries(set).map(([key, value]) => `${key}=${value}`);
  return all.length === 0 ? undefined : `{${all.join(", ")}}`;
};
