/**
 * Can the worker hosts work, as of now? Each that lives is handed a job of no task, which goes the way of a task's: through Redis into the host's lane,
 * into a slot, into the sandbox, and back into its registration. Where it does not arrive is said. Costs no agent and no money.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Env } from "../../src/config.ts";
import { type Canary, sendCanary, takeBackCanary } from "../../src/task/canary.ts";
import { bare } from "../../src/text/quote.ts";
import { type HostWithRuns, hosts as hostsView } from "../../src/views/hosts.ts";
import { viewsOf } from "../views-of.ts";
import { withRedis } from "../with-redis.ts";
import { type Check, note, ok, problem, reasonOf } from "./check.ts";

/** For the program in the sandbox the host takes 20 s at most. */
const WITHIN_MS = 30_000;
const LOOK_MS = 100;
/** What of a host that cannot work comes from it, in characters. */
const WHY_MAX = 300;

/** `withinMs`: so long each host is waited for. */
export async function checkCanary(env: Env, { withinMs = WITHIN_MS } = {}): Promise<Check[]> {
  try {
    return await withRedis(env, "canary", async (redis) => {
      const { views } = viewsOf(redis);
      const { pause } = (await views.around()).paused;
      if (pause)
        return [note("Canary", `all work is paused, by ${bare(pause.by, 60)}: no host takes a job`, "orch resume")];
      const living = (await seenHosts(redis)).filter(({ alive }) => alive);
      if (living.length === 0)
        return [problem("Canary", "no worker host lives", "start one: `npm start`, or `npm run start:worker`")];
      return await Promise.all(living.map((host) => tryHost(redis, host, withinMs)));
    });
  } catch (error) {
    const remedy = "see what is said of Redis above: without it nothing reaches a worker host";
    return [problem("Canary", `Redis: ${reasonOf(error)}`, remedy)];
  }
}

const seenHosts = async (redis: Redis): Promise<HostWithRuns[]> => hostsView(await viewsOf(redis).views.around());

async function tryHost(redis: Redis, host: HostWithRuns, withinMs: number): Promise<Check> {
  const name = `Canary ${host.name}`;
  const idle = whyNot(host);
  if (idle !== undefined) return note(name, `${host.id} was not tried: ${idle}`);
  const askedAt = Date.now();
  await sendCanary(redis, host.id, askedAt);
  const done = await carriedOut(redis, host, withinMs);
  if (done) return resultOf(name, host, done);
  const untouched = await takeBackCanary(redis, host.id, askedAt);
  const seconds = Math.round(withinMs / 1_000);
  return untouched
    ? problem(
        name,
        `queue: ${host.id} has not taken the job out of its lane within ${seconds} s, although it beats`,
        "see its log, and start it anew: agents go on in their sessions meanwhile",
      )
    : problem(
        name,
        `sandbox: ${host.id} has taken the job, and nothing came of it within ${seconds} s`,
        "see its log: a program in the sandbox hangs, or the host cannot write to Redis",
      );
}

/** Of a host that would not carry it out now, for a reason of its own. */
function whyNot({ draining, lacksRoom, strained, busy, slots }: HostWithRuns): string | undefined {
  if (draining) return "it drains";
  if (lacksRoom) return "its disk is full, so it takes no job";
  if (strained) return "its machine is strained, so it takes no job";
  return busy >= slots ? "all of its slots are at work, which shows that it can" : undefined;
}

/** Undefined where nothing has come within that time. */
async function carriedOut(redis: Redis, { id, canary }: HostWithRuns, withinMs: number): Promise<Canary | undefined> {
  for (const giveUpAt = performance.now() + withinMs; performance.now() < giveUpAt; await delay(LOOK_MS)) {
    const now = (await seenHosts(redis)).find((each) => each.id === id)?.canary;
    if (now?.at !== undefined && now.at !== canary?.at) return now;
  }
  return undefined;
}

function resultOf(name: string, { id }: HostWithRuns, { failed, ms = 0 }: Canary): Check {
  if (failed === undefined) return ok(name, `${id} took the job, and its sandbox ran a program, in ${ms} ms`);
  return problem(
    name,
    `sandbox: ${id} took the job, and ${bare(failed, WHY_MAX)}`,
    "`orch doctor` on that machine says what its sandbox needs",
  );
}
