/** What the steps of a run are made of: command, environment, confinement, input, and the folder that they run from. */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { basename, join } from "node:path";
import { adapterFor } from "../../agents/adapters.ts";
import { serversReadable } from "../../agents/mcp.ts";
import type { Mount } from "../../sandbox/sandbox.ts";
import { seenFrom } from "../../talk-back/talk-place.ts";
import { latched } from "../../tmux/latch.ts";
import type { StepSpec } from "../../tmux/sessions.ts";
import { maxUsdOf } from "../budget.ts";
import type { Ground, Place } from "../ground.ts";
import { isReadOnly, readOnlyMounts, subagentsOf } from "../rights.ts";
import { limitsOf } from "../role.ts";
import type { Run, Shared } from "../run.ts";
import { agentServers } from "./agent-servers.ts";
import { confinementOf, stepEnvironment } from "./confinement.ts";
import { longestOf } from "./deadlines.ts";
import { placeServerFiles, serverLogs, serversBesideAgent } from "./servers.ts";
import { withServers } from "./start-servers.ts";
import { limitsOfStep } from "./step-limits.ts";
import { kindOf, type StepName } from "./step-name.ts";
import { outletMount } from "./step-outlet.ts";

export const stepDir = (run: Run, name: StepName): string => join(run.folder.dir, name);
export const transcriptIn = (dir: string): string => join(dir, "transcript.log");

/** A living host ends a step at its deadline by itself, with a word first; this long after it nobody is left to. */
const GRACE_MS = 2 * 60_000;

/** `promptFile`: what the agent reads. `resume`: the session of an earlier step that it goes on with. */
export type AgentInput = { name: StepName; promptFile: string; resume?: string | undefined };

export function agentSpec(shared: Shared, run: Run, place: Place, input: AgentInput): StepSpec {
  const { agent, sessionId, workspace } = place;
  const resume = input.resume ?? place.resumed?.sessionId;
  const mcp = agentServers(shared, run, place);
  const maxUsd = maxUsdOf(shared, run, resume);
  const launch = {
    homeDir: workspace.inside.homeDir,
    sessionId,
    resume,
    mcp,
    subagents: subagentsOf(run),
    maxUsd,
    env: shared.env,
  };
  const { command: program, env } = adapterFor(agent.kind).launch(agent, launch);
  const servers = serversBesideAgent(run);
  const toStart = { servers, logs: serverLogs(place), env: stepEnvironment(shared, run, place, {}) };
  const command = servers.length === 0 ? program : withServers(program, toStart);
  const given = withTalk(shared, run, stepEnvironment(shared, run, place, env));
  const readable = serversReadable(agent).map((source) => ({ source }));
  const mounts = [...(given.mounts ?? []), ...readable];
  const spec = specOf(shared, run, place, { name: input.name, command, ...given, mounts });
  const beside = placeServerFiles(run, input.name)?.output;
  return { ...spec, stdinFile: input.promptFile, ...(beside !== undefined && { beside }) };
}

/** Where the agent finds its host: the programs of the repository are not told. */
function withTalk(shared: Shared, run: Run, env: Record<string, string>): Pick<Program, "env" | "mounts"> {
  if (!shared.talk) return { env };
  const seen = seenFrom(shared.driver, shared.talk, basename(run.folder.dir));
  return { mounts: seen.mounts, env: { ...env, PATH: `${env.PATH}:${seen.bin}`, ...seen.env } };
}

/** One of the repository's own commands. */
export function commandSpec(shared: Shared, run: Run, ground: Ground, name: StepName): StepSpec {
  const { setup, verify } = ground.prepared;
  const command = [...((kindOf(name) === "setup" ? setup : verify) ?? [])];
  return specOf(shared, run, ground, { name, command, env: stepEnvironment(shared, run, ground, {}) });
}

type Program = { name: StepName; command: string[]; env: Record<string, string>; mounts?: Mount[] };

function specOf(shared: Shared, run: Run, place: Place, { name, command, env, mounts = [] }: Program): StepSpec {
  const limits = limitsOf(shared.operator, run.task.spec);
  const dir = stepDir(run, name);
  const outlet = outletMount(shared, run, place, name);
  const all = confinementOf(run, place, env);
  const readsOnly = kindOf(name) === "agent" && isReadOnly(run);
  const seen = readsOnly ? { ...all, mounts: readOnlyMounts(all.mounts, place.workspace) } : all;
  const { caps, joins } = limitsOfStep(shared, run, place, name);
  const confinement = { ...seen, mounts: [...seen.mounts, ...mounts], ...(outlet && { outlet }), caps };
  return {
    dir,
    env,
    transcript: transcriptIn(dir),
    // It may be held back as long as preparing may take.
    endAfterMs: limits.preparingMinutes * 60_000 + longestOf(kindOf(name), limits) + GRACE_MS,
    user: run.user,
    joins,
    command: shared.driver.wrap(confinement, latched(command)),
  };
}

/** The step's folder, with the transcript, which the pane shows from its first moment. Again is fine. */
export function makeStepFolder(run: Run, name: StepName): void {
  const dir = stepDir(run, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  closeSync(openSync(transcriptIn(dir), "a", 0o600));
}
