/**
 * Sessions of runs that have ended on this host and that are still being kept. Whoever goes on with one starts where it will be,
 * and waits here until it is.
 */
import { setTimeout as delay } from "node:timers/promises";
import { folderOf } from "./kept-session.ts";

/** Longer than a run's last programs need to end and its session to be packed, ms. */
const WAIT_MS = 90_000;

const promised = new Map<string, PromiseWithResolvers<void>>();

const nameOf = (dataDir: string, taskId: string) => `${dataDir}\0${folderOf(taskId)}`;

/** From now on whoever wants the session of this task waits for it. */
export function promise(dataDir: string, taskId: string): void {
  const name = nameOf(dataDir, taskId);
  if (!promised.has(name)) promised.set(name, Promise.withResolvers());
}

/** The session is kept, or will not be. */
export function fulfil(dataDir: string, taskId: string): void {
  const name = nameOf(dataDir, taskId);
  promised.get(name)?.resolve();
  promised.delete(name);
}

/** At once where nothing is promised, or nobody wants it any more. Never longer than any session takes: a late one counts as not there. */
export async function whenKept(dataDir: string, taskId: string, signal: AbortSignal): Promise<void> {
  const waits = promised.get(nameOf(dataDir, taskId))?.promise;
  if (!waits) return;
  const timer = new AbortController();
  const over = AbortSignal.any([timer.signal, signal]);
  const late = delay(WAIT_MS, undefined, { signal: over }).catch(() => undefined);
  await Promise.race([waits, late]);
  timer.abort();
}
