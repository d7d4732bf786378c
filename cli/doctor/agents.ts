/**
 * Could each agent be started? Its variables are looked up here; its program is looked for where it will run: inside the
 * sandbox, as the slot's user. Nothing of an agent is started but the programs that are known: to say their version, and to
 * come as far as asking for a prompt (`agent-start.ts`).
 */
import { chown, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Env } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import type { AgentDefinition, Launch } from "../../workers/agents/adapter.ts";
import { definedEnv } from "../../workers/agents/environment.ts";
import { type AgentProgram, programsOf, shownPaths } from "../../workers/agents/mcp.ts";
import { agentProblems, exposures, ownPlaces } from "../../workers/agents/readiness.ts";
import { type Finished, runProgram } from "../../workers/run-program.ts";
import { ConfinementError, isInWorkspace } from "../../workers/sandbox/confinement.ts";
import { SEARCH_PATH } from "../../workers/sandbox/find-program.ts";
import { unreachablePaths } from "../../workers/sandbox/slot-users.ts";
import { checkStart, isKnownProgram } from "./agent-start.ts";
import { type Check, ok, problem } from "./check.ts";
import type { Ground } from "./sandbox.ts";

const LOOK_MS = 5_000;
/** A program of this size that nobody has started for a while. */
const START_MS = 30_000;
const MAX_OUTPUT_BYTES = 1_000_000;

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
  const inside = ground ? await hiddenFiles(agent, env, ground, path) : [];
  if (inside.length > 0) return inside;
  const { version, wrong } = ground && isKnownProgram(agent) ? await start(agent, env, ground, path) : NOT_STARTED;
  const servers = Object.keys(agent.mcp ?? {}).map((name) => ` · MCP server ${name}`);
  const shown = `${agent.command.join(" ")}${version} (kind ${agent.kind})${servers.join("")}`;
  return wrong.some(({ status }) => status === "problem") ? wrong : [ok(agent.name, shown), ...wrong];
}

type Started = { version: string; wrong: Check[] };
const NOT_STARTED: Started = { version: "", wrong: [] };

/** A program of a known kind is heard out: its version, then all that it says before it has a prompt. */
async function start(agent: AgentDefinition, env: Env, ground: Ground, path: string): Promise<Started> {
  const said = await runInside(agent, ground, { path, command: [...agent.command, "--version"], timeoutMs: START_MS });
  const version = /\d+(\.\d+)+[\w.-]*/.exec(said.stdout)?.[0];
  if (said.exitCode !== 0) return { version: "", wrong: [doesNotRun(agent, said)] };
  const home = await makeHome(ground);
  const wrong = await checkStart(agent, env, home, async (command, added, files) => {
    for (const file of files) await place(ground, home, file);
    return runInside(agent, ground, { path, command, home, env: added, timeoutMs: START_MS });
  });
  return { version: version ? ` ${version}` : "", wrong };
}

function doesNotRun({ name, command }: AgentDefinition, { exitCode, timedOut, stdout, stderr }: Finished): Check {
  const how = timedOut ? `does not end within ${START_MS / 1_000} s` : `ends with exit code ${exitCode ?? "none"}`;
  const last = `${stdout}\n${stderr}`.trim().split("\n").at(-1)?.slice(0, 300);
  const what = `\`${command[0]} --version\` ${how}${last ? `: ${last}` : ""}`;
  return problem(name, what, "try it by hand as the user that agents run as; install the program anew if need be");
}

/** `what is wrong; what to do`, as readiness.ts writes it. */
function split(text: string): [string, string] {
  const at = text.indexOf("; ");
  return at < 0 ? [text, "see docs/agents.md"] : [text.slice(0, at), text.slice(at + 2)];
}

/** What the commands of the agent and of its MCP servers name and the sandbox does not show. */
async function hiddenFiles(agent: AgentDefinition, env: Env, ground: Ground, path: string): Promise<Check[]> {
  const blocked = await unreachablePaths(
    ground.user,
    shownPaths(agent).map((source) => ({ source })),
  );
  if (blocked.length > 0)
    return blocked.map(({ source, remedy }) => problem(agent.name, `${source} is out of the agent's reach`, remedy));
  const looked = programsOf(agent, env, path).map((program) => hiddenFilesOf(agent, ground, program));
  return (await Promise.all(looked)).flat();
}

async function hiddenFilesOf(agent: AgentDefinition, ground: Ground, program: AgentProgram): Promise<Check[]> {
  const [file = "", ...words] = program.command;
  const files = words.filter((word) => word.startsWith("/") && !isInWorkspace(word));
  const command = ["/bin/sh", "-c", LOOK, "look", file, ...files];
  const looked = await runInside(agent, ground, { path: program.path, command, timeoutMs: LOOK_MS });
  if (looked.exitCode === undefined || looked.stderr.startsWith("bwrap:"))
    return [
      problem(agent.name, `cannot be tried in the sandbox: ${looked.stderr.trim()}`, "correct its readable paths"),
    ];
  const remedy = "name the folder that holds it under `readable`, or install it below /usr";
  const who = program.what ? `${program.what}: ` : "";
  return looked.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((file) => problem(agent.name, `${who}${file} is not to be seen inside the sandbox`, remedy));
}

type Inside = {
  path: string;
  command: readonly string[];
  timeoutMs: number;
  /** By default an empty one. */
  home?: string;
  /** Beside PATH, HOME and the like; looking needs no keys. */
  env?: Launch["env"];
};

async function runInside(agent: AgentDefinition, ground: Ground, inside: Inside): Promise<Finished> {
  const { driver, user } = ground;
  const home = inside.home ?? (await makeHome(ground));
  const env = { LANG: "C.UTF-8", TERM: "dumb", ...inside.env, PATH: inside.path, HOME: home, TMPDIR: home };
  const mounts = [...shownPaths(agent).map((source) => ({ source })), { source: home, writable: true }];
  const [file = "", ...args] = driver.wrap({ user, cwd: home, env, mounts }, inside.command);
  return runProgram({ file, args, env, timeoutMs: inside.timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES });
}

async function makeHome({ dir, user }: Ground): Promise<string> {
  const home = await mkdtemp(join(dir, "home-"));
  if (user.uid !== undefined) await chown(home, user.uid, user.gid ?? user.uid);
  return home;
}

/** A file in the home, before anything has run there. */
async function place({ user }: Ground, home: string, { path, content }: Launch["files"][number]): Promise<void> {
  const file = join(home, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  if (user.uid === undefined) return;
  for (let each = file; each !== home; each = dirname(each)) await chown(each, user.uid, user.gid ?? user.uid);
}
