/**
 * `orch drain HOST`: that worker host takes no new work and ends when its last run has ended, as by SIGUSR2, but from any machine that
 * reaches Redis.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { keys } from "../src/task/keys.ts";
import { count } from "../src/text/amounts.ts";
import { bare } from "../src/text/quote.ts";
import { type HostWithRuns, hosts as hostsView } from "../src/views/hosts.ts";
import { consent } from "./consent.ts";
import { noteDeed } from "./note-deed.ts";
import { refuse } from "./refuse.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

export type DrainOptions = { yes?: boolean; json?: boolean };

/** A host whose connection is away hears nothing: it is told again until it says that it drains. */
const WAIT_MS = 15_000;
const LOOK_MS = 500;

/** `text`: a host's id or name. Exit code 0 when it drains, or is gone already; 1 when there is none, or it does not answer. */
export async function drain(env: Env, text: string, options: DrainOptions): Promise<number> {
  return await withRedis(env, "drain", async (redis) => {
    const found = await hostNamed(redis, text);
    if ("refused" in found) return refuse(found.refused, options);
    const { host } = found;
    if (!host.alive) return refuse(`${host.id} is silent: it cannot be told. Its runs go to another host.`, options);
    const runs = count(host.runs.length, "run");
    if (!(await consent(`Drain ${host.id} (${host.name}), which has ${runs}?`, options))) return 1;
    const drains = await tellToDrain(redis, host.id);
    await noteDeed(redis, env, { verb: "drain", done: drains, host: host.id });
    if (!drains) return refuse(noAnswer(host.id), options);
    const words = `${host.id} takes no new work and ends when its ${runs} ended.`;
    process.stdout.write(`${options.json ? JSON.stringify({ draining: host.id, runs: host.runs.length }) : words}\n`);
    return 0;
  });
}

/** `text`: a host's id, or a name that only one has. */
export async function hostNamed(redis: Redis, text: string): Promise<{ host: HostWithRuns } | { refused: string }> {
  const fits = (await hostsOf(redis)).filter(({ id, name }) => id === text || name === text);
  const [host, ...others] = fits;
  if (host && others.length > 0) return { refused: `"${bare(text, 80)}" is the name of several: name its id.` };
  return host ? { host } : { refused: `There is no worker host "${bare(text, 80)}": \`orch hosts\` lists them.` };
}

export const noAnswer = (id: string): string => `${id} does not answer within ${WAIT_MS / 1_000} s.`;

export const hostsOf = async (redis: Redis): Promise<HostWithRuns[]> => hostsView(await viewsOf(redis).views.around());

/** One without runs is gone before it can be seen to drain. */
export async function tellToDrain(redis: Redis, id: string): Promise<boolean> {
  for (const giveUpAt = Date.now() + WAIT_MS; Date.now() < giveUpAt; await delay(LOOK_MS)) {
    const host = (await hostsOf(redis)).find((each) => each.id === id);
    if (!host || host.draining) return true;
    // A second signal would end it at once, so it is told only while it has not begun.
    await redis.publish(keys.drain, id);
  }
  return false;
}
