/** What a run is made of while its host is alive, and what all runs of a host share. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { Endpoint } from "../../src/reach/reach-shape.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { isDoubt, type RunDoubt, type Standing, standingOf } from "../../src/task/standing.ts";
import type { TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import type { TaskNews } from "../../src/task/task-news.ts";
import type { BotClient, RunIdentity } from "../bot-client.ts";
import type { Groups } from "../limits/group.ts";
import type { Network } from "../network/network.ts";
import type { OperatorFile } from "../operator-file.ts";
import type { SandboxDriver, SlotUser } from "../sandbox/sandbox.ts";
import type { TalkBack } from "../talk-back/talk-back.ts";
import type { TalkPlace } from "../talk-back/talk-place.ts";
import type { Sessions } from "../tmux/sessions.ts";
import type { Changes } from "./changes.ts";
import type { Interruption } from "./interruption.ts";
import type { Lease } from "./lease.ts";
import { limitsOf } from "./role.ts";
import type { RunFolder } from "./run-folder.ts";
import type { EventTeller } from "./step/event-teller.ts";
import type { Spoken } from "./step/spoken.ts";
import type { Turn } from "./turn.ts";

/** Shared by all runs of a host. `env`: the host's own environment, from which agents get only what is named. */
export type Shared = {
  hostId: string;
  /** Of the file with the host's id (`HostInfo.place`). */
  place: string;
  dataDir: string;
  redis: Redis;
  store: TaskStore;
  bot: BotClient;
  sessions: Sessions;
  driver: SandboxDriver;
  /** Undefined with the driver `none`, which confines no network. */
  network: Network | undefined;
  /** Undefined where the kernel's control groups cannot be had: then the host itself looks after what programs use. */
  groups?: Groups | undefined;
  /** Undefined on a machine where agents cannot talk back. */
  talk?: TalkPlace | undefined;
  /** Where the bot and Redis are reached, which nothing in a sandbox may. */
  never: () => readonly Endpoint[];
  operator: OperatorFile;
  env: Readonly<Record<string, string | undefined>>;
  log: Logger;
};

export type Run = {
  /** What was asked and decided never changes while it runs; how the task stands is in its record only. */
  task: Pick<Task, "spec" | "agent" | "continues">;
  folder: RunFolder;
  lease: Lease;
  user: SlotUser;
  spoken: Spoken;
  events: EventTeller;
  talk: TalkBack;
  /** Of the task's record. */
  changes: Changes;
  /** The agent's turn, should the host have to end it: what the agent waits for is waited for without it. */
  turn: Turn;
  /** Since when the agent has done nothing but wait for an answer, and when it last did, Unix ms. */
  idle: { since: number; endedAt: number } | undefined;
  log: Logger;
  /** What may still write into the workspace after the run was interrupted; never rejects. */
  underWay: Promise<unknown>;
  /**
   * Its end was told in an earlier life of this host, as this outcome or by the record itself (`told`): only what it left is still
   * to be seen to.
   */
  ended: Outcome | "told" | undefined;
  /** Set while the task's record is in doubt: until it is known again nothing new is begun. `since`: Unix ms. */
  inDoubt: { doubt: RunDoubt; since: number } | undefined;
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

/** The task's record stayed in doubt for longer than the run may take. */
export class StaysInDoubt extends Error {
  override readonly name = "StaysInDoubt";
}

/**
 * Brings news of this run into the record, however long Redis is away: the run is not over before its end is written.
 * The host's shutdown (`handover`) ends the waiting; the next life says it again. A record in doubt is waited for as well,
 * but not for longer than the run may take: then throws StaysInDoubt. `inDoubt: "skip"`: for news that what is under way
 * does not have to wait for.
 */
export async function tell(
  shared: Shared,
  run: Run,
  news: RunNews,
  { inDoubt = "wait" }: { inDoubt?: "wait" | "skip" } = {},
): Promise<Task | undefined> {
  const { epoch } = run.folder.record;
  for (let attempt = 0; ; attempt++) {
    try {
      const made = await shared.store.change(run.task.spec.id, { ...news, epoch } as TaskNews);
      const standing = standingOf(made, standsFor(shared, run));
      noteStanding(run, standing);
      if (isDoubt(standing) && inDoubt === "skip") return undefined;
      if (made.kind === "known" && standing !== "older") return made.changed ? made.record : undefined;
    } catch (error) {
      run.log.warn({ err: error, news: news.name }, "Redis does not take the news; trying again");
    }
    if (run.inDoubt && Date.now() > lastMomentOf(shared, run, run.inDoubt.since))
      throw new StaysInDoubt(`The task's record is ${run.inDoubt.doubt}, so its end cannot be told`);
    const waitMs = Math.min(200 * 2 ** attempt, 5_000);
    await delay(waitMs, undefined, { signal: run.signal.aborted ? undefined : run.signal }).catch(() => undefined);
    if (isHandover(run)) throw run.signal.reason;
  }
}

/** Until when a run waits for a record in doubt, Unix ms: as long as it may take as a whole, and as its last phase may. */
function lastMomentOf({ operator }: Shared, { folder, task }: Run, since: number): number {
  const limits = limitsOf(operator, task.spec);
  const ends = [folder.record.startedAt + limits.totalMinutes * 60_000, since + limits.publishingMinutes * 60_000];
  return Math.max(...ends);
}

/** As whom the run asks the bot. */
export const identityOf = (run: Run): RunIdentity => ({ taskId: run.task.spec.id, epoch: run.folder.record.epoch });

const standsFor = ({ hostId }: Shared, { folder }: Run) => ({ host: hostId, epoch: folder.record.epoch });

/** What the record says of the run now. The run remembers whether that is in doubt. */
export async function readStanding(shared: Shared, run: Run): Promise<{ standing: Standing; task: Task | undefined }> {
  const reading = await shared.store.lookUp(run.task.spec.id);
  const standing = standingOf(reading, standsFor(shared, run));
  noteStanding(run, standing);
  return { standing, task: reading.kind === "known" ? reading.record : undefined };
}

function noteStanding(run: Run, standing: Standing): void {
  const before = run.inDoubt?.doubt;
  const doubt = isDoubt(standing) ? standing : undefined;
  if (doubt === before) return;
  run.inDoubt = doubt && { doubt, since: run.inDoubt?.since ?? Date.now() };
  if (doubt)
    run.log.warn({ record: doubt }, "the task's record is in doubt: the run goes on, and nothing is published");
  else run.log.info({ record: standing }, "the task's record is known again");
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
