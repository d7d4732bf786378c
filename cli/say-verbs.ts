/** Verbs of `orch` by which an operator talks to the agent of a task, or decides about what it proposes. */
import type { Command } from "commander";
import type { SayOptions, SayVerb } from "./say.ts";

const TASK = "a task's id or its beginning, owner/repo#number, or PLAN/NODE of a team";

export function addSaying(program: Command): void {
  program
    .command("tell")
    .argument("<task>", TASK)
    .argument("<words...>", "what its agent is told; behind -- where they begin with a hyphen")
    .description("say something to the agent of a task while it works, or before it begins")
    .option("--json", "one machine-readable line")
    .addHelpText("after", "\nExample:\n  orch tell t4mf5 'use tabs, please'")
    .action((text: string, words: string[], options: SayOptions) => act("tell", { text, words }, options));

  program
    .command("answer")
    .argument("<task>", TASK)
    .argument("<words...>", "the answer, or the number of an option; the question's name before it, of several")
    .description("answer the question of a task's agent, which waits for it")
    .option("--json", "one machine-readable line")
    .addHelpText("after", "\nExamples:\n  orch answer t4mf5 2\n  orch answer t4mf5 q1a2b3c keep the column")
    .action((text: string, words: string[], options: SayOptions) => act("answer", { text, words }, options));

  program
    .command("approve")
    .argument("<task>", TASK)
    .description("have what a task's agent proposes carried out; of a team its plan")
    .option("--yes", "do not ask whether that is meant")
    .option("--json", "one machine-readable line")
    .action((text: string, options: SayOptions) => act("approve", { text }, options));

  program
    .command("plan")
    .argument("<task>", TASK)
    .argument("<words...>", "what is to be otherwise")
    .description("have the agent of a task propose something else than it did")
    .option("--json", "one machine-readable line")
    .addHelpText("after", "\nExample:\n  orch plan t4mf5 leave the parser as it is")
    .action((text: string, words: string[], options: SayOptions) => act("plan", { text, words }, options));
}

async function act(verb: SayVerb, what: { text: string; words?: string[] }, options: SayOptions): Promise<void> {
  const { say } = await import("./say.ts");
  process.exitCode = await say(process.env, verb, what, options);
}
