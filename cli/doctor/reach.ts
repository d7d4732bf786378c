/**
 * Does the operator's file let agents go where none may: to the bot or to Redis? A worker host does not start with such an entry.
 */
import { ConfigError, type Env, type HostConfig, readHostConfig } from "../../src/config.ts";
import { listedThoughNever } from "../../workers/network/egress.ts";
import { ownEndpoints } from "../../workers/network/own-endpoints.ts";
import type { OperatorFile } from "../../workers/operator-file.ts";
import { type Check, problem } from "./check.ts";
import { completed, type Role } from "./role.ts";

export async function checkReach(env: Env, role: Role, operator: OperatorFile): Promise<Check[]> {
  const config = settingsOf(env, role);
  if (!config) return [];
  const found = listedThoughNever(operator, await ownEndpoints(config));
  return found.map((text) => {
    const [what = text, remedy = "remove the entry"] = text.split(". ");
    return problem("operator's file", `${env.ORCH_CONFIG}: ${what}`, `${remedy} from ${env.ORCH_CONFIG}`);
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
