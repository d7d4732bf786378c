/**
 * Books the runs that nobody else will: their host died before it could, or ended without a Redis. What the task's record says that
 * they used is booked; of what it does not say, the whole reserve. What was set aside for a run that never began comes back.
 */
import type { Redis } from "ioredis";
import type { Logger } from "../log.ts";
import { knownUse, NOTHING } from "../task/known-use.ts";
import { book, type Reserve, readReserves } from "../task/ledger.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { Amounts } from "../text/budget.ts";

export type BookLostDeps = { redis: Redis; store: Pick<TaskStore, "lookUp">; now: () => number; log: Logger };

/** Who has just ended books by itself, and who is just being claimed has begun by then, ms. */
const OWN_MS = 60_000;
/** Without its record a task may still run somewhere, ms. */
const FORGOTTEN_MS = 24 * 3600_000;

export async function bookLost({ redis, store, now, log }: BookLostDeps): Promise<void> {
  const reserves = [...(await readReserves(redis))];
  const booked = reserves.map(([task, reserve]) =>
    // One that cannot be booked holds up nobody else's.
    bookOne({ redis, store, now, log }, task, reserve).catch((error: unknown) =>
      log.error({ err: error, task, epoch: reserve.epoch }, "a run that nobody had booked cannot be booked"),
    ),
  );
  await Promise.all(booked);
}

async function bookOne({ redis, store, now, log }: BookLostDeps, task: string, reserve: Reserve): Promise<void> {
  const reading = await store.lookUp(task);
  const age = now() - reserve.at;
  // The run that goes on from it has not begun yet.
  if (reserve.stays && reading.kind === "known" && reading.record.state.name !== "settled") return;
  const found =
    reading.kind === "known" ? lostIn(reading.record, reserve, now()) : age > FORGOTTEN_MS ? { used: {} } : undefined;
  if (!found || !(await book(redis, { task, epoch: reserve.epoch, ...found }))) return;
  log.warn({ task, epoch: reserve.epoch, ...found }, "a run that nobody had booked is booked");
}

/** Undefined as long as somebody has to do with the reserve. */
function lostIn(task: Task, { epoch, at }: Reserve, now: number): { used: Amounts; unbegun?: true } | undefined {
  const { state } = task;
  if (task.epoch < epoch) {
    // It is set aside right before the task is claimed.
    const isIdle =
      state.name === "settled" || state.name === "waiting" || (state.name === "queued" && now - at > FORGOTTEN_MS);
    return isIdle && now - at > OWN_MS ? { used: NOTHING, unbegun: true } : undefined;
  }
  if (state.name === "running" && task.epoch === epoch) return undefined;
  const endedAt = state.name === "settled" ? state.at : state.since;
  return now - endedAt > OWN_MS ? { used: knownUse(task)[epoch] ?? {} } : undefined;
}
