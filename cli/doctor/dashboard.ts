/** Where the dashboard is, who may come in, and whether another program has its port. What is wrong with its settings is told with the bot's. */
import { connect } from "node:net";
import { findDashboard, isOurs } from "../../dashboard/door/proof.ts";
import type { Env } from "../../src/config.ts";
import { ConfigError, readBotConfig } from "../../src/config.ts";
import { hostAndPort } from "../../src/reach/host-and-port.ts";
import type { DashboardConfig } from "../../src/settings/dashboard.ts";
import { withRedis } from "../with-redis.ts";
import { type Check, note, ok, problem } from "./check.ts";
import { completed } from "./role.ts";

const NAME = "dashboard";
const CONNECT_WITHIN_MS = 1_000;

export async function checkDashboard(env: Env): Promise<Check[]> {
  const config = configOf(env);
  if (!config) return [];
  const at = config.dashboard;
  if (!at) return [note(NAME, "there is none: DASHBOARD_PORT is off")];
  if ((await isTaken(at)) && !(await isOwn(env))) {
    return [
      problem(
        NAME,
        `DASHBOARD_PORT ${at.port} is held by another program, or by the bot of another Orch`,
        "set DASHBOARD_PORT to a free one, or to off",
      ),
    ];
  }
  return [ok(NAME, describe(at)), ...noOperators(at)];
}

const describe = ({ host, port, signIn, operators }: DashboardConfig): string =>
  signIn
    ? `${signIn.url}, signing in with GitHub; ${operators.length} of its accounts may everything`
    : `http://${hostAndPort(host, port)}, on this machine only; \`orch dashboard\` prints a link to sign in`;

const noOperators = ({ signIn, operators }: DashboardConfig): Check[] =>
  signIn && operators.length === 0
    ? [note(NAME, "DASHBOARD_OPERATORS is unset: only who has a link of `orch dashboard` sees hosts, stats and deeds")]
    : [];

function configOf(env: Env) {
  try {
    return readBotConfig(completed(env));
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

async function isTaken({ host, port }: DashboardConfig): Promise<boolean> {
  const socket = connect({ host, port });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  socket.setTimeout(CONNECT_WITHIN_MS, () => resolve(false));
  return await promise.finally(() => socket.destroy());
}

/** A Redis that does not answer is told of by itself; whose the port is, nobody can say then. */
async function isOwn(env: Env): Promise<boolean> {
  return await withRedis(env, "doctor", async (redis) => {
    const at = await findDashboard(redis, Date.now());
    return at !== undefined && (await isOurs(redis, at));
  }).catch(() => false);
}
