/**
 * `orch reset HOST`: drains a worker host, waits until its last run is over, cleans up after it where it is this machine's, and forgets what Redis
 * says of it. A host that lives again registers anew, under the same id: what is kept on its disk stays its own.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { dataDirOf } from "../src/data-dir.ts";
import { unregister } from "../src/task/hosts.ts";
import { readOffers, withdrawOffers } from "../src/task/offers.ts";
import { makeTaskStore } from "../src/task/store.ts";
import { count } from "../src/text/amounts.ts";
import type { HostWithRuns } from "../src/views/hosts.ts";
import { consent } from "./consent.ts";
import { hostNamed, hostsOf, noAnswer, tellToDrain } from "./drain.ts";
import { ownHost } from "./gc/own-host.ts";
import { collectHere, type GcResult, gcLines } from "./gc.ts";
import { noteDeed } from "./note-deed.ts";
import { refuse } from "./refuse.ts";
import { withRedis } from "./with-redis.ts";

export type ResetOptions = { yes?: boolean; json?: boolean };

const LOOK_MS = 500;

/** `text`: a host's id or name. Exit code 0 when it is forgotten; 1 when there is none, it does not answer, or it has runs still. */
export async function reset(env: Env, text: string, options: ResetOptions): Promise<number> {
  return await withRedis(env, "reset", async (redis) => {
    const found = await hostNamed(redis, text);
    if ("refused" in found) return refuse(found.refused, options);
    const { host } = found;
    const runs = count(host.runs.length, "run");
    if (!host.alive && host.runs.length > 0) return refuse(stillIts(host), options);
    if (!(await consent(`Reset ${host.id} (${host.name}), which has ${runs}?`, options))) return 1;
    if (host.alive && !(await tellToDrain(redis, host.id))) return refuse(noAnswer(host.id), options);
    const left = await untilGone(redis, host.id, options);
    if (left) return refuse(stillIts(left), options);
    const gc = await cleanUp(redis, env, host.id);
    if (gc && "refused" in gc) return refuse(gc.refused, options);
    const offers = await forget(redis, host.id);
    await noteDeed(redis, env, { verb: "reset", done: true, host: host.id });
    say(host.id, gc, offers, options);
    return gc?.leftovers.some(({ fate }) => fate === "failed") ? 1 : 0;
  });
}

const stillIts = ({ id, runs }: HostWithRuns): string =>
  `${id} is silent and has ${count(runs.length, "run")}: another host takes them, or \`orch cancel\` ends their tasks. Then again.`;

/** For as long as its runs take. Gives what it is then, should it have fallen silent with runs. */
async function untilGone(redis: Redis, id: string, { json }: ResetOptions): Promise<HostWithRuns | undefined> {
  let said = -1;
  for (;;) {
    const host = (await hostsOf(redis)).find((each) => each.id === id);
    if (!host) return undefined;
    if (!host.alive) return host.runs.length > 0 ? host : undefined;
    if (host.runs.length !== said && !json)
      process.stderr.write(
        `${id} drains: ${count(host.runs.length, "run")} to go. Ctrl-C stops waiting, not the drain.\n`,
      );
    said = host.runs.length;
    await delay(LOOK_MS);
  }
}

/** Undefined where its data folder is on another machine. */
async function cleanUp(redis: Redis, env: Env, id: string): Promise<GcResult | { refused: string } | undefined> {
  return ownHost(dataDirOf(env)) === id ? await collectHere(redis, env, id, {}) : undefined;
}

/** How many tasks it had offered whose records Redis had lost. Only those whose record is there again are withdrawn. */
async function forget(redis: Redis, id: string): Promise<{ withdrawn: number; kept: string[] }> {
  const store = makeTaskStore(redis);
  const own = (await readOffers(redis, () => undefined)).filter(({ host }) => host === id);
  const known = await Promise.all(own.map(async ({ task }) => (await store.lookUp(task.spec.id)).kind === "known"));
  const withdrawn = own.filter((_, nth) => known[nth]);
  await withdrawOffers(redis, withdrawn);
  await unregister(redis, id);
  return { withdrawn: withdrawn.length, kept: own.filter((_, nth) => !known[nth]).map(({ task }) => task.spec.id) };
}

function say(
  id: string,
  gc: GcResult | undefined,
  offers: { withdrawn: number; kept: string[] },
  { json }: ResetOptions,
): void {
  if (json) return void process.stdout.write(`${JSON.stringify({ reset: id, gc: gc ?? null, offers })}\n`);
  const cleaned = gc ? gcLines(gc) : ["Its data folder is on another machine: `orch gc` there removes what is left."];
  const kept = offers.kept.map((task) => `Its word for ${task} stays: no record says anything of that task.`);
  const words = `${id} is forgotten; should it start again, it registers anew.`;
  process.stdout.write(`${[...cleaned, ...kept, words].join("\n")}\n`);
}
