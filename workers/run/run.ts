/** What a run is made of while its host is alive, and what all runs of a host share. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { TaskNews } from "../../src/task/next-state.ts";
import type { TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { type BotClient, NotCurrent, type RunIdentity } from "../bot-client.ts";
import type { OperatorFile } from "../operator-file.ts";
import type { SandboxDriver, SlotUser } from "../sandbox/sandbox.ts";
import type { Sessions } from "../tmux/sessions.ts";
import type { Interruption } from "./interruption.ts";
import type { Lease } from "./lease.ts";
import type { RunFolder } from "./run-record.ts";
import type { Spoken } from "./spoken.ts";

/** Shared by all runs of a host. `env`: the host's own environment, from which agents get only what is named. */
export type Shared = {
  hostId: string;
  dataDir: string;
  redis: Redis;
  store: TaskStore;
  bot: BotClient;
  sessions: Sessions;
  driver: SandboxDriver;
  operator: OperatorFile;
  env: Readonly<Record<string, string | undefined>>;
  log: Logger;
};

export type Run = {
  task: Task;
  folder: RunFolder;
  lease: Lease;
  user: SlotUser;
  spoken: Spoken;
  /** When the agent last said anything, or the run's start. Unix ms; the run's heartbeat. */
  lastOutputAt: number;
  log: Logger;
  /** What may still write into the workspace after the run was interrupted; never rejects. */
  underWay: Promise<unknown>;
  /** Resolves once, when the run must stop before its agent has. */
  interrupted: Promise<Interruption>;
  /** The same, as a signal for programs and requests; its reason is the Interruption. */
  signal: AbortSignal;
  interrupt(interruption: Interruption): void;
};

export const runsDir = (dataDir: string): string => join(dataDir, "host", "runs");

/** News of a run, without the epoch: that is the run's own, and may grow while Redis is away. */
type WithoutEpoch<News> = News extends { epoch: number } ? Omit<News, "epoch"> : never;
export type RunNews = WithoutEpoch<TaskNews>;

const OVERTAKEN_LOOK_MS = 250;

/**
 * Brings news of this run into the record, however long Redis is away: the run is not over before its end is written.
 * The host's shutdown (`handover`) ends the waiting; the next life says it again.
 */
export async function tell(shared: Shared, run: Run, news: RunNews): Promise<Task | undefined> {
  for (let attempt = 0; ; attempt++) {
    const { epoch } = run.folder.record;
    let waitMs = OVERTAKEN_LOOK_MS;
    try {
      const told = await shared.store.advance(run.task.spec.id, { ...news, epoch } as TaskNews);
      if (told || !(await isOvertaken(shared, run, epoch))) return told;
    } catch (error) {
      run.log.warn({ err: error, news: news.name }, "Redis does not take the news; trying again");
      waitMs = Math.min(200 * 2 ** attempt, 5_000);
    }
    await delay(waitMs, undefined, { signal: run.signal.aborted ? undefined : run.signal }).catch(() => undefined);
    if (isHandover(run)) throw run.signal.reason;
  }
}

/**
 * True when the task has been handed to this very host again, e.g. after an outage of Redis: the record has the new epoch
 * already, this run is about to get it, and what it has to say is still wanted.
 */
async function isOvertaken(shared: Shared, run: Run, epoch: number): Promise<boolean> {
  const task = await shared.store.read(run.task.spec.id);
  return task?.state.name === "running" && task.state.host === shared.hostId && task.epoch > epoch && !task.pushed;
}

/** Asks the bot as the current run, again under the new epoch when this host has just got the task anew. */
export async function asCurrentRun<T>(
  shared: Shared,
  run: Run,
  ask: (identity: RunIdentity) => Promise<T>,
): Promise<T> {
  for (;;) {
    const { epoch } = run.folder.record;
    try {
      return await ask({ taskId: run.task.spec.id, epoch });
    } catch (error) {
      const again = error instanceof NotCurrent && (await isOvertaken(shared, run, epoch));
      if (!again && run.folder.record.epoch === epoch) throw error;
      if (!(error instanceof NotCurrent)) throw error;
      await delay(OVERTAKEN_LOOK_MS, undefined, { signal: run.signal });
    }
  }
}

/** Throws when the run has been interrupted: call it between two deeds. */
export function throwIfInterrupted(run: Run): void {
  run.signal.throwIfAborted();
}

export function isHandover(run: Run): boolean {
  return run.signal.aborted && (run.signal.reason as Interruption).kind === "handover";
}
