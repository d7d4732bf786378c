/** Every secret that this machine is known to have, so that none of them leaves it in a bundle: those of the settings, of agents, of files. */
import { readFileSync } from "node:fs";
import type { Env } from "../../src/config.ts";
import { secretsOf } from "../../src/debug/secrets-of.ts";
import { isSecret } from "../../src/text/secret-patterns.ts";
import { type OperatorFile, readOperatorFile } from "../../workers/operator-file.ts";

/** In every form in which they may be printed, the longest first. */
export const secretsHere = (env: Env): string[] => secretsOf(env, [...named(env), ...written(env)]);

/**
 * What agents and their servers are given of this environment, whatever it is called: its name may say nothing. Every variable whose name stands anywhere
 * in the operator's file counts, also where that file cannot be used: that is when somebody wants help.
 */
function named(env: Env): (string | undefined)[] {
  const names = new Set(textOf(env.ORCH_CONFIG).match(/[A-Za-z_]\w*/g));
  return Object.keys(env).flatMap((name) => (names.has(name) ? env[name] : []));
}

/** What stands in that file itself. */
function written(env: Env): string[] {
  const agents = [...(operatorOf(env)?.agents.values() ?? [])];
  const programs = agents.flatMap((agent) => [agent, ...Object.values(agent.mcp ?? {})]);
  return programs.flatMap(({ env: given }) =>
    Object.entries(given).flatMap(([name, value]) => (isSecret(name, value) ? value : [])),
  );
}

/** Whether the file can be used is for `orch doctor` to say. */
function operatorOf(env: Env): OperatorFile | undefined {
  try {
    return readOperatorFile(env.ORCH_CONFIG);
  } catch {
    return undefined;
  }
}

function textOf(path: string | undefined): string {
  try {
    return path === undefined ? "" : readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
