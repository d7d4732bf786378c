/** Who works in the demo: the scripted agent on a stage of its own, or one of the operator's agents. Each as an operator's file. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { readOperatorFile } from "../workers/operator-file.ts";
import { placeProgram } from "./place-program.ts";

const SCRIPTED_AGENT = fileURLToPath(new URL("../agents/scripted", import.meta.url));

const TEAM_SCRIPT = fileURLToPath(new URL("team-script.mjs", import.meta.url));
/** Two nodes, and their team's own task. */
const TEAM_SLOTS = 3;

type Circumstances = { sandbox: "bwrap" | "none"; sandboxProblem?: string; baseUid: number };

/**
 * What the demo's own agent asks for on purpose, to be refused: where clouds hand machines their credentials. `place`: as it
 * is listed among what was blocked.
 */
const METADATA = { url: "http://169.254.169.254/latest/meta-data/", place: "169.254.169.254:80" };
export const BLOCKED_ON_PURPOSE = METADATA.place;

/** The demo's own agent; an operator's agent of the same name goes before it. */
export const SCRIPTED = "scripted";

/** Undefined for the demo's own. Throws an Error that names the agents there are, where the operator has none of this name. */
export function findOwnAgent(agent: string, path: string | undefined): string | undefined {
  if (!path && agent === SCRIPTED) return undefined;
  if (!path) {
    throw new Error(
      `--agent ${agent} needs the YAML file in which this agent is defined: ORCH_CONFIG=/path/to/orch.yml npm run demo -- --agent ${agent}\nWithout --agent the demo has a scripted one of its own.`,
    );
  }
  const { agents } = readOperatorFile(path);
  if (agents.has(agent)) return path;
  if (agent === SCRIPTED) return undefined;
  throw new Error(`There is no agent "${agent}" in ${path}. It defines: ${[...agents.keys()].join(", ")}`);
}

/** The operator's own file, with the chosen agent as the default. */
export function ownAgents(agent: string, path: string, { sandbox, sandboxProblem, baseUid }: Circumstances): string {
  const file = parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  if (sandbox === "none" && file.sandbox !== "none") {
    throw new Error(
      `The sandbox does not work on this machine, and a real agent is not started without one unless the file says sandbox: none.\n${sandboxProblem}`,
    );
  }
  return stringify({ ...file, defaultAgent: agent, sandboxBaseUid: baseUid });
}

/** `asks`: it asks a person before it begins. `team`: it plays all members of a team, by a script. `pauseMs`: how long it waits after each thing it says, so that one can follow. */
export function scriptedAgent(
  dir: string,
  { pauseMs, asks, team = false }: { pauseMs: number; asks: boolean; team?: boolean },
  { sandbox, baseUid }: Circumstances,
): string {
  const tools = stageTools(dir);
  const scripted = {
    kind: "jsonl",
    command: [join(tools, "bin", "node"), join(tools, "scripted", "agent.mjs")],
    env: {
      PATH: `${join(tools, "bin")}:/usr/local/bin:/usr/bin:/bin`,
      ...(team
        ? { SCRIPTED_AGENT_TEAM: join(tools, "team-script.mjs") }
        : { SCRIPTED_AGENT_TRIES_ADDRESS: METADATA.url }),
      ...(asks ? { SCRIPTED_AGENT_ASKS: "yes" } : {}),
      ...(pauseMs > 0 ? { SCRIPTED_AGENT_PAUSE_MS: String(pauseMs) } : {}),
    },
    readable: [tools],
  };
  return stringify({
    agents: { [SCRIPTED]: scripted },
    ...(team && { slots: TEAM_SLOTS }),
    sandbox: sandbox === "none" ? "none" : "auto",
    sandboxBaseUid: baseUid,
  });
}

/**
 * The agent's program and a Node to run it, in a place that an agent's user can reach: a checkout below /root cannot be
 * reached, and the machine's own Node may be too old or somewhere private.
 */
function stageTools(dir: string): string {
  const tools = join(dir, "tools");
  mkdirSync(join(tools, "bin"), { recursive: true, mode: 0o755 });
  placeProgram(process.execPath, join(tools, "bin", "node"));
  cpSync(SCRIPTED_AGENT, join(tools, "scripted"), { recursive: true });
  cpSync(TEAM_SCRIPT, join(tools, "team-script.mjs"));
  chmodSync(join(tools, "team-script.mjs"), 0o644);
  for (const name of readdirSync(join(tools, "scripted"))) chmodSync(join(tools, "scripted", name), 0o644);
  return tools;
}
