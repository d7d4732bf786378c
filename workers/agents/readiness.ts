/**
 * Whether an agent could be started here, before anybody gives it a task: its program is found and its variables are set.
 * Starts nothing. Each problem is a sentence with the next step.
 */
import { access, constants, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import type { AgentDefinition } from "./adapter.ts";
import { missingEnv } from "./environment.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The file that `program` means: itself, or the first executable of that name on `path`. */
async function findProgram(program: string, path: string): Promise<string | undefined> {
  const candidates = isAbsolute(program)
    ? [program]
    : path
        .split(delimiter)
        .filter(isAbsolute)
        .map((folder) => join(folder, program));
  for (const file of candidates) {
    const executable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable && (await stat(file)).isFile()) return file;
  }
  return undefined;
}

/** What stands in the way; empty = ready. `path` is the PATH that the agent will have. */
export async function agentProblems(agent: AgentDefinition, host: Env, path: string): Promise<string[]> {
  const problems = missingEnv(agent, host).map(
    (name) => `agent ${agent.name}: ${name} is not set; set it in the environment of the worker host`,
  );
  const program = agent.command[0];
  if (program !== undefined && !(await findProgram(program, path))) {
    problems.push(
      `agent ${agent.name}: ${program} was not found; install it, or write its absolute path as the command`,
    );
  }
  for (const folder of agent.readable) {
    const there = await access(folder).then(
      () => true,
      () => false,
    );
    if (!there) problems.push(`agent ${agent.name}: ${folder} does not exist; remove it from readable, or create it`);
  }
  return problems;
}
