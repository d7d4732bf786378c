/** What may stand next on the command line of `orch`, by the program's own table of verbs. */
import type { Command } from "commander";

/** What the word is that is being typed, where only somebody who asks Redis knows which there are. */
export type Asked = "task" | "host";

export type Candidates = { words: string[]; ask?: Asked };

/** `words`: what stands behind `orch`, the last one as far as it is typed. */
export function candidates(program: Command, words: readonly string[]): Candidates {
  const typed = words.at(-1) ?? "";
  const { command, operands, wants } = walk(program, words.slice(0, -1));
  if (wants) return { words: [] };
  if (typed.startsWith("-")) return { words: fitting(flagsOf(command), typed) };
  const verbs = operands.length === 0 ? command.commands.filter((each) => !each.name().startsWith("_")) : [];
  if (verbs.length > 0) return { words: fitting([...verbs.map((each) => each.name()), "help"], typed) };
  const argument =
    command.registeredArguments[operands.length] ?? command.registeredArguments.find(({ variadic }) => variadic);
  if (argument?.argChoices) return { words: fitting(argument.argChoices, typed) };
  const name = argument?.name();
  return { words: [], ...((name === "task" || name === "host") && { ask: name }) };
}

const fitting = (all: readonly string[], typed: string): string[] => all.filter((each) => each.startsWith(typed));

const flagsOf = (command: Command): string[] =>
  [...command.options.filter(({ hidden }) => !hidden), { long: "--help" }].flatMap(({ long }) => long ?? []);

type Walked = { command: Command; operands: string[]; wants: boolean };

/** `wants`: the last word is an option that takes a value. */
function walk(program: Command, words: readonly string[]): Walked {
  let command = program;
  let operands: string[] = [];
  let wants = false;
  for (const word of words) {
    if (wants) {
      wants = false;
      continue;
    }
    const option = command.options.find(({ long, short }) => word === long || word === short);
    const verb = operands.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
    if (option) wants = option.required || option.optional;
    else if (verb) [command, operands] = [verb, []];
    else if (!word.startsWith("-")) operands = [...operands, word];
  }
  return { command, operands, wants };
}
