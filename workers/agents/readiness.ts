/**
 * Whether an agent could be started here, before anybody gives it a task: its program is found, its variables are
 * set. Starts nothing. Each problem is a sentence with the next step.
 */
import { realpathSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { isAbsolute, sep } from "node:path";
import { findProgram } from "../sandbox/find-program.ts";
import type { AgentDefinition } from "./adapter.ts";
import { missingEnv } from "./environment.ts";

type Env = Readonly<Record<string, string | undefined>>;

function accessible(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

function found(program: string, path: string): Promise<boolean> {
  if (isAbsolute(program)) return accessible(program, constants.X_OK);
  return findProgram(program, path).then((file) => file !== undefined);
}

/** What stands in the way; empty = ready. `path` is the PATH that the agent will have. */
export async function agentProblems(agent: AgentDefinition, host: Env, path: string): Promise<string[]> {
  const problems = missingEnv(agent, host).map(
    (name) => `agent ${agent.name}: ${name} is not set; set it in the environment of the worker host`,
  );
  const program = agent.command[0];
  if (program !== undefined && !(await found(program, path))) {
    problems.push(
      `agent ${agent.name}: ${program} was not found; install it, or write its absolute path as the command`,
    );
  }
  for (const folder of agent.readable) {
    const there = await accessible(folder, constants.F_OK);
    if (!there) problems.push(`agent ${agent.name}: ${folder} does not exist; remove it from readable, or create it`);
  }
  return problems;
}

/**
 * What an agent's readable paths would show of the data folder (Redis, secrets, other tasks), a sentence each; empty = nothing.
 * Links are followed, as the sandbox follows them.
 */
export function exposures(agents: Iterable<AgentDefinition>, dataDir: string): string[] {
  const data = real(dataDir);
  return [...agents].flatMap(({ name, readable }) =>
    readable
      .filter((path) => holds(real(path), data) || holds(data, real(path)))
      .map(
        (path) =>
          `agent ${name}: ${path} under readable would show the agent Orch's own data in ${dataDir}; name narrower paths, or move ORCH_DATA`,
      ),
  );
}

const holds = (folder: string, path: string) => path === folder || path.startsWith(folder + sep);

/** The path itself while it does not exist. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
