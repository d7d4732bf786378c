/** Every secret that this machine is known to have, so that none of them leaves it in a bundle: those of the settings, of agents, of files. */
import type { Env } from "../../src/config.ts";
import { secretsOf } from "../../src/debug/secrets-of.ts";
import { isSecret } from "../../src/text/secret-patterns.ts";
import { type OperatorFile, readOperatorFile } from "../../workers/operator-file.ts";

/** In every form in which they may be printed, the longest first. */
export const secretsHere = (env: Env): string[] => secretsOf(env, agentsOwn(env));

/** What agents are given, whatever it is called: its name may say nothing. */
function agentsOwn(env: Env): (string | undefined)[] {
  const agents = [...(operatorOf(env)?.agents.values() ?? [])];
  return agents.flatMap(({ env: given, passEnv }) => [
    ...Object.values(given).map((value) => (value.startsWith("$") ? env[value.slice(1)] : undefined)),
    ...Object.entries(given).map(([name, value]) => (isSecret(name, value) ? value : undefined)),
    ...passEnv.map((name) => env[name]),
  ]);
}

/** Whether the file can be used is for `orch doctor` to say. */
function operatorOf(env: Env): OperatorFile | undefined {
  try {
    return readOperatorFile(env.ORCH_CONFIG);
  } catch {
    return undefined;
  }
}
