/**
 * Could each agent be started? Its variables are looked up here; its program is looked for where it will run: inside the
 * sandbox, as the slot's user. Nothing of an agent is started but `--version` of the programs that are known to have it.
 */
import { chown, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Env } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import type { AgentDefinition } from "../../workers/agents/adapter.ts";
import { definedEnv } from "../../workers/agents/environment.ts";
import { agentProblems, exposures, ownPlaces } from "../../workers/agents/readiness.ts";
import { runProgram } from "../../workers/run-program.ts";
import { ConfinementError } from "../../workers/sandbox/confinement.ts";
import { SEARCH_PATH } from "../../workers/sandbox/find-program.ts";
import { unreachablePaths } from "../../workers/sandbox/slot-users.ts";
import { type Check, ok, problem } from "./check.ts";
import type { Ground } from "./sandbox.ts";

const LOOK_MS = 5_000;

/** Words of a command that stand for files are absolute paths: `node /opt/agent.mjs`. */
const LOOK = `command -v -- "$1" >/dev/null || echo "$1"
shift
for file do [ -e "$file" ] || echo "$file"; done`;

/** `ground`: the proven sandbox; without one the programs are looked for outside. */
export async function checkAgents(
  agents: Iterable<AgentDefinition>,
  env: Env,
  ground: Ground | undefined,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const agent of agents) checks.push(...(await checkAgent(agent, env, ground).catch(unconfinable(agent))));
  return checks;
}

/** What no sandbox is built for is this agent's problem; the report goes on. */
const unconfinable = (agent: AgentDefinition) => (error: unknown) => {
  if (!(error instanceof ConfinementError)) throw error;
  return [problem(agent.name, `cannot be confined: ${error.message}`, "correct its readable paths and variables")];
};

async function checkAgent(agent: AgentDefinition, env: Env, ground: Ground | undefined): Promise<Check[]> {
  const path = definedEnv(agent, env).PATH ?? SEARCH_PATH;
  const found = [...(await agentProblems(agent, env, path)), ...exposures([agent], ownPlaces(env, dataDirOf(env)))];
  const outside = found.map((text) => {
    const [what, remedy] = split(text.replace(`agent ${agent.name}: `, ""));
    return problem(agent.name, what, remedy);
  });
  if (outside.length > 0) return outside;
  const inside = ground ? await hiddenFiles(agent, ground, path) : [];
  if (inside.length > 0) return inside;
  const version = ground && knowsVersion(agent) ? await versionOf(agent, ground, path) : "";
  return [ok(agent.name, `${agent.command.join(" ")}${version} (kind ${agent.kind})`)];
}

const knowsVersion = ({ kind }: AgentDefinition) => kind === "claude" || kind === "gemini";

/** `what is wrong; what to do`, as readiness.ts writes it. */
function split(text: string): [string, string] {
  const at = text.indexOf("; ");
  return at < 0 ? [text, "see docs/agents.md"] : [text.slice(0, at), text.slice(at + 2)];
}

/** What the agent's command names and the sandbox does not show. */
async function hiddenFiles(agent: AgentDefinition, ground: Ground, path: string): Promise<Check[]> {
  const blocked = await unreachablePaths(
    ground.user,
    agent.readable.map((source) => ({ source })),
  );
  if (blocked.length > 0)
    return blocked.map(({ source, remedy }) => problem(agent.name, `${source} is out of the agent's reach`, remedy));
  const files = agent.command.slice(1).filter((word) => word.startsWith("/"));
  const looked = await runInside(agent, ground, path, [
    "/bin/sh",
    "-c",
    LOOK,
    "look",
    agent.command[0] ?? "",
    ...files,
  ]);
  if (looked.exitCode === undefined || looked.stderr.startsWith("bwrap:"))
    return [
      problem(agent.name, `cannot be tried in the sandbox: ${looked.stderr.trim()}`, "correct its readable paths"),
    ];
  const remedy = "name the folder that holds it under `readable`, or install it below /usr";
  return looked.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((file) => problem(agent.name, `${file} is not to be seen inside the sandbox`, remedy));
}

async function versionOf(agent: AgentDefinition, ground: Ground, path: string): Promise<string> {
  const answer = await runInside(agent, ground, path, [...agent.command, "--version"]);
  const version = /\d+(\.\d+)+[\w.-]*/.exec(answer.stdout)?.[0];
  return answer.exitCode === 0 && version ? ` ${version}` : "";
}

/** Without the agent's own variables: looking needs no keys. */
async function runInside(agent: AgentDefinition, ground: Ground, path: string, command: readonly string[]) {
  const { driver, user } = ground;
  const home = await mkdtemp(join(ground.dir, "home-"));
  if (user.uid !== undefined) await chown(home, user.uid, user.gid ?? user.uid);
  const env = { PATH: path, HOME: home, LANG: "C.UTF-8", TERM: "dumb" };
  const mounts = [...agent.readable.map((source) => ({ source })), { source: home, writable: true }];
  const [file = "", ...args] = driver.wrap({ user, cwd: home, env, mounts }, command);
  return runProgram({ file, args, env, timeoutMs: LOOK_MS });
}
