/**
 * Compares the open tasks with the queue and the hosts, and puts right what nobody else will: lost jobs come back, and
 * tasks that wait for nobody end. Safe to run in any number of bots at once. Losing every BullMQ key costs time, not tasks.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { classify, isFinal } from "../github.ts";
import type { Logger } from "../log.ts";
import { endOldBeats } from "../task/heartbeat.ts";
import { tellRecovered } from "../task/history-news.ts";
import { forgetHosts, type HostView } from "../task/hosts.ts";
import { keys } from "../task/keys.ts";
import type { Outcome } from "../task/outcome.ts";
import type { Paused } from "../task/pause.ts";
import type { PlanStore } from "../task/plans.ts";
import type { TaskQueue } from "../task/queue.ts";
import { readRecord, warnOfUnreadable } from "../task/record.ts";
import type { TaskStore } from "../task/store.ts";
import type { Pushed, Task } from "../task/task.ts";
import { bookLost } from "./book-lost.ts";
import { lookAtTeams } from "./look-at-teams.ts";
import { putBackLost } from "./put-back.ts";
import { type Round, startRound } from "./round.ts";
import { tidyLanes } from "./tidy-lanes.ts";
import { judge } from "./verdict.ts";

export type ReconcileDeps = {
  redis: Redis;
  store: TaskStore;
  queue: TaskQueue;
  hosts: () => Promise<HostView[]>;
  paused: () => Promise<Paused>;
  /** The task's work, if it stands on GitHub already. */
  findPushed: (task: Task) => Promise<Pushed | undefined>;
  now: () => number;
  log: Logger;
};

const EVERY_MS = 30_000;
/** What an earlier sweep saw says nothing any more after so many seconds. */
const REMEMBER_S = 300;

/** One sweep over all open tasks. `missing` is the memory between two sweeps: tasks that had no job in the last one. */
export async function reconcile(deps: ReconcileDeps, missing: Set<string>): Promise<void> {
  const { store, hosts, now } = deps;
  const [living, paused] = await Promise.all([hosts(), deps.paused()]);
  const known = { now: now(), hosts: living, paused };
  const tasks = await store.readMany(await store.openIds());
  const needing: Task[] = [];
  for (const task of tasks) {
    const verdict = judge(task, known);
    switch (verdict.kind) {
      case "leave":
        break;
      case "needs_job":
        needing.push(task);
        break;
      case "needs_dispatch":
        if (await store.dispatches.ensure(task.spec.id, known.now))
          deps.log.warn({ task: task.spec.id }, "nobody would have looked at a task that waits: looked at again");
        break;
      case "needs_report":
        if (await store.reports.ensure(task.spec.id, known.now))
          deps.log.warn({ task: task.spec.id }, "a pushed task was not to be reported any more: looked at again");
        break;
      case "give_up":
        await giveUp(deps, task, verdict.outcome);
    }
  }
  await ensureJobs(deps, needing, missing);
}

/** A host that is gone may have pushed before: then the report opens the pull request. */
async function isPushed({ store, findPushed, now, log }: ReconcileDeps, task: Task): Promise<boolean> {
  const { spec, epoch } = task;
  try {
    const pushed = await findPushed(task);
    if (!pushed) return false;
    await store.advance(spec.id, { name: "pushed", epoch, pushed, at: now() });
    log.warn({ task: spec.id, branch: pushed.branch }, "a host that is gone had pushed: the work stands on GitHub");
    return true;
  } catch (error) {
    log.warn({ err: error, task: spec.id }, "whether the work stands on GitHub is not known");
    return !isFinal(classify(error));
  }
}

/** Unless the task has moved on since it was read: the next sweep judges it anew. */
async function giveUp(deps: ReconcileDeps, task: Task, outcome: Outcome): Promise<void> {
  // The work of a node is nowhere on GitHub.
  if (outcome.kind === "host_error" && !task.spec.node && (await isPushed(deps, task))) return;
  const { store, queue, now, log } = deps;
  const { spec, version } = task;
  const settled = await store.advance(spec.id, { name: "given_up", version, outcome, at: now() });
  if (!settled) return;
  log.error({ task: spec.id, outcome: outcome.kind }, "task given up by the sweep");
  // Where no host takes jobs any more, nobody else would tidy it up.
  if (task.state.name === "queued" || task.state.name === "running") await queue.withdraw(task);
}

/** All are asked for at once: nearly always each of them has its job, and a round trip for every one would be the whole cost of a sweep. */
async function ensureJobs(deps: ReconcileDeps, tasks: readonly Task[], missing: Set<string>): Promise<void> {
  const held = await Promise.all(tasks.map((task) => deps.queue.holds(task)));
  const before = new Set(missing);
  missing.clear();
  for (const task of tasks.filter((_, nth) => !held[nth])) {
    // A run that is just ending has finished its job before we see it settled: two sweeps must miss the job.
    const name = `${task.spec.id}-${task.epoch}`;
    if (task.state.name === "running" && !before.has(name)) missing.add(name);
    else await bringJobBack(deps, task);
  }
}

async function bringJobBack({ redis, queue, log }: ReconcileDeps, task: Task): Promise<void> {
  await queue.enqueue(task);
  await tellRecovered(redis, "requeued");
  log.warn({ task: task.spec.id, epoch: task.epoch, state: task.state.name }, "the task's job was lost: added again");
}

/** Every bot's sweep may be the next one: what they have to remember stands in Redis. */
export function startReconciling({ plans, ...deps }: ReconcileDeps & { plans: PlanStore }): Round {
  const { redis, now, log } = deps;
  const work = async () => {
    await putBackLost(deps);
    const last = await readJobless(redis);
    const isTooSoon = last !== undefined && now() - last.at < EVERY_MS / 2; // e.g. because a bot has just started
    const missing = new Set(isTooSoon ? [] : last?.runs);
    await reconcile(deps, missing);
    if (!isTooSoon) await saveJobless(redis, { at: now(), runs: [...missing] });
    await lookAtTeams({ plans, ...deps });
    await bookLost(deps);
    await endOldBeats(redis, deps.store.openIds);
    await forgetHosts(redis, now());
    const gone = await tidyLanes({ redis, store: deps.store, hosts: await deps.hosts(), now: now() });
    if (gone.length > 0) log.info({ lanes: gone }, "lanes that nobody serves any more are forgotten");
    return undefined;
  };
  return startRound({ redis, name: "open-tasks", everyMs: EVERY_MS, work, now, log });
}

/** The runs without a job that a sweep saw, and when (Unix ms). */
type Jobless = { at: number; runs: string[] };
const joblessShape = z.object({ at: z.number(), runs: z.array(z.string()) });

async function readJobless(redis: Redis): Promise<Jobless | undefined> {
  const text = await redis.get(keys.jobless);
  if (text === null) return undefined;
  return readRecord<Jobless>(keys.jobless, joblessShape, () => JSON.parse(text), warnOfUnreadable);
}

async function saveJobless(redis: Redis, jobless: Jobless): Promise<void> {
  if (jobless.runs.length === 0) await redis.del(keys.jobless);
  else await redis.set(keys.jobless, JSON.stringify(jobless), "EX", REMEMBER_S);
}
