/**
 * Whether an agent could be started here, before anybody gives it a task: its program and those of its
 * MCP servers are found, their variables are set. Starts nothing. Each problem is a sentence with the next step.
 */
import { existsSync, realpathSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { isAbsolute, resolve, sep } from "node:path";
import { isInWorkspace } from "../sandbox/confinement.ts";
import { findProgram } from "../sandbox/find-program.ts";
import type { AgentDefinition } from "./adapter.ts";
import { type AgentProgram, programsOf, shownPaths } from "./mcp.ts";

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
  const problems = programsOf(agent, host, path).map((program) => programProblems(agent, program));
  return (await Promise.all(problems)).flat();
}

async function programProblems(agent: AgentDefinition, program: AgentProgram): Promise<string[]> {
  const who = `agent ${agent.name}: ${program.what ? `${program.what}: ` : ""}`;
  const problems = program.missing.map(
    (name) => `${who}${name} is not set; set it in the environment of the worker host`,
  );
  const [file] = program.command;
  if (file !== undefined && !(await found(file, program.path))) {
    problems.push(`${who}${file} was not found; install it, or write its absolute path as the command`);
  }
  for (const folder of program.readable) {
    const there = await accessible(folder, constants.F_OK);
    if (!there) problems.push(`${who}${folder} does not exist; remove it from readable, or create it`);
  }
  return problems;
}

/** A place of Orch's own, in words, and what keeps it from agents besides narrower paths. */
export type OwnPlace = { path: string; what: string; remedy: string };

/** The data folder (Redis, secrets, other tasks), where the bot listens, and the files that hold settings and the App's key, where they are. */
export function ownPlaces(host: Env, dataDir: string): OwnPlace[] {
  const files: [string | undefined, string][] = [
    [host.ORCH_CONFIG, "the operator's file"],
    [host.PRIVATE_KEY_PATH, "the App's private key"],
    [".env", "Orch's settings and secrets"],
  ];
  const there = files.flatMap(([written, what]) => {
    const path = written ? resolve(written) : "";
    return existsSync(path) ? [{ path, what: `${what} (${path})`, remedy: "move that" }] : [];
  });
  const meeting = host.BOT_URL?.startsWith("unix://") ? resolve(host.BOT_URL.slice("unix://".length)) : undefined;
  const bots = meeting ? [{ path: meeting, what: `the bot's sockets (${meeting})`, remedy: "move BOT_URL" }] : [];
  return [{ path: dataDir, what: `Orch's own data in ${dataDir}`, remedy: "move ORCH_DATA" }, ...bots, ...there];
}

/**
 * What an agent's readable paths would show of these places, a sentence each; empty = nothing. Links are followed, as the
 * sandbox follows them.
 */
export function exposures(agents: Iterable<AgentDefinition>, places: readonly OwnPlace[]): string[] {
  return [...agents].flatMap((agent) =>
    shownPaths(agent).flatMap((path) =>
      places
        .filter((place) => holds(real(path), real(place.path)) || holds(real(place.path), real(path)))
        .map(
          ({ what, remedy }) =>
            `agent ${agent.name}: ${path} under readable would show the agent ${what}; name narrower paths, or ${remedy}`,
        ),
    ),
  );
}

/** Why a sandbox could not show what a task borrows of the data folder; empty = it can. */
export function dataProblems(dataDir: string): string[] {
  if (!isInWorkspace(real(resolve(dataDir)))) return [];
  return [`ORCH_DATA: ${dataDir} is where sandboxes show the task's own folder; move Orch's data elsewhere`];
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
