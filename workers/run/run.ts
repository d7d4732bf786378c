/** What a run is made of while its host is alive, and what all runs of a host share. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { Endpoint } from "../../src/reach/reach.ts";
import type { TaskNews } from "../../src/task/next-state.ts";
import type { TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import type { BotClient, RunIdentity } from "../bot-client.ts";
import type { Network } from "../network/network.ts";
import type { OperatorFile } from "../operator-file.ts";
import type { SandboxDriver, SlotUser } from "../sandbox/sandbox.ts";
import type { Sessions } from "../tmux/sessions.ts";
import type { Interruption } from "./interruption.ts";
import type { Lease } from "./lease.ts";
import type { RunFolder } from "./run-record.ts";
import type { Spoken } from "./step/spoken.ts";

/** Shared by all runs of a host. `env`: the host's own environment, from which agents get only what is named. */
export type Shared = {
  hostId: string;
  dataDir: string;
  redis: Redis;
  store: TaskStore;
  bot: BotClient;
  sessions: Sessions;
  driver: SandboxDriver;
  /** Undefined with the driver `none`, which confines no network. */
  network: Network | undefined;
  /** Where the bot and Redis are reached, which nothing in a sandbox may. */
  never: () => readonly Endpoint[];
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

/** News of a run, without the epoch: that is the run's own. */
type WithoutEpoch<News> = News extends { epoch: number } ? Omit<News, "epoch"> : never;
export type RunNews = WithoutEpoch<TaskNews>;

/**
 * Brings news of this run into the record, however long Redis is away: the run is not over before its end is written.
 * The host's shutdown (`handover`) ends the waiting; the next life says it again.
 */
export async function tell(shared: Shared, run: Run, news: RunNews): Promise<Task | undefined> {
  const { epoch } = run.folder.record;
  for (let attempt = 0; ; attempt++) {
    try {
      return await shared.store.advance(run.task.spec.id, { ...news, epoch } as TaskNews);
    } catch (error) {
      run.log.warn({ err: error, news: news.name }, "Redis does not take the news; trying again");
    }
    const waitMs = Math.min(200 * 2 ** attempt, 5_000);
    await delay(waitMs, undefined, { signal: run.signal.aborted ? undefined : run.signal }).catch(() => undefined);
    if (isHandover(run)) throw run.signal.reason;
  }
}

/** As whom the run asks the bot. */
export const identityOf = (run: Run): RunIdentity => ({ taskId: run.task.spec.id, epoch: run.folder.record.epoch });

/** Whether the record says that this very run is at work, on this host. */
export function isOwn({ hostId }: Shared, { taskId, epoch }: RunIdentity, task: Task | undefined): task is Task {
  return (
    task?.spec.id === taskId && task.state.name === "running" && task.state.host === hostId && task.epoch === epoch
  );
}

/** Throws when the run has been interrupted: call it between two deeds. */
export function throwIfInterrupted(run: Run): void {
  run.signal.throwIfAborted();
}

/** Rejects with the signal's reason. */
export function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

export function isHandover(run: Run): boolean {
  return run.signal.aborted && (run.signal.reason as Interruption).kind === "handover";
}
