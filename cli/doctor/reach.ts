/**
 * Does what the operator's file says of the network hold? It may name the bot or Redis, where no agent ever gets and with which a
 * worker host does not start; and without a sandbox nothing of it has any effect.
 */
import { ConfigError, type Env, type HostConfig, readHostConfig } from "../../src/config.ts";
import { listedThoughNever, modelOutOfReach, narrowsInVain } from "../../workers/network/make-policy.ts";
import { ownEndpoints } from "../../workers/network/own-endpoints.ts";
import type { OperatorFile } from "../../workers/operator-file.ts";
import { type Check, note, problem } from "./check.ts";
import { completed, type Role } from "./role.ts";

export async function checkReach(env: Env, role: Role, operator: OperatorFile): Promise<Check[]> {
  const config = settingsOf(env, role);
  const found = config ? listedThoughNever(operator, await ownEndpoints(config)) : [];
  const never = found.map((text) => {
    const [what = text, remedy = "Remove the entry"] = text.split(". ");
    return problem("operator's file", `${env.ORCH_CONFIG}: ${what}`, `${remedy} from ${env.ORCH_CONFIG}`);
  });
  const vain = narrowsInVain(operator);
  return [...never, ...modelProblems(operator, env), ...(vain ? [note("operator's file", vain)] : [])];
}

/** What an agent would find out by its model's silence. */
function modelProblems(operator: OperatorFile, env: Env): Check[] {
  if (operator.sandbox === "none") return [];
  return [...operator.agents.values()].flatMap((agent) => {
    const reason = modelOutOfReach({ operator, agent, env });
    const [what = "", remedy = ""] = reason?.split("; ") ?? [];
    return reason ? [problem(agent.name, what, remedy)] : [];
  });
}

/** As `npm start` would give them to the worker host: with the port of the bot beside it. Undefined: told with the settings. */
function settingsOf(env: Env, role: Role): HostConfig | undefined {
  try {
    return readHostConfig({ ...completed(env), ...(role.bot ? { PORT: env.PORT || "3000" } : {}) });
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
