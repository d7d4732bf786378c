/**
 * Decides when tasks are reported. Everything that is due stands in the store; messages on the `changed` channel, the
 * next due time and a periodic sweep only say when to look there. A task is taken by postponing it, which one bot
 * only can do: others then leave it alone, and find it due again when this one dies.
 */
import type { Redis } from "ioredis";
import { keys } from "../task/keys.ts";
import type { ReporterDeps } from "./showing.ts";

/** A bot keeps a task it has taken so long, ms, and says so again in time; after its death others wait no longer. */
const LEASE_MS = 5_000;
const RENEW_MS = 1_500;
/** At least this often is looked, ms: messages may get lost. */
const SWEEP_MS = 15_000;
export const MAX_AT_ONCE = 64;
/** All bots hear a message at the same time; spread over this time (ms) they seldom take the same task. */
const SPREAD_MS = 25;

type Deps = Pick<ReporterDeps, "store" | "now" | "log">;

export function makeReportLoop({ store, now, log }: Deps, report: (id: string) => Promise<void>) {
  const taken = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  let end = (): void => undefined;
  let stopped = true;

  function start(subscriber: Redis): void {
    stopped = false;
    const onMessage = (channel: string) => {
      if (channel === keys.changed) wakeIn(Math.random() * SPREAD_MS);
    };
    // After a lost connection messages were missed.
    const onReady = () => wakeIn(0);
    subscriber.on("message", onMessage);
    subscriber.on("ready", onReady);
    subscriber
      .subscribe(keys.changed)
      .catch((error: unknown) => log.error({ err: error }, "no messages about changes: only sweeping"));
    end = () => {
      subscriber.off("message", onMessage);
      subscriber.off("ready", onReady);
    };
    wakeIn(0);
  }

  let wakeAt = Number.POSITIVE_INFINITY;

  /** Plans a look, unless an earlier one is planned. Uses its own clock: `now` may be a test's. */
  function wakeIn(delayMs: number): void {
    const at = performance.now() + delayMs;
    if (stopped || at >= wakeAt) return;
    clearTimeout(timer);
    wakeAt = at;
    timer = setTimeout(look, delayMs);
  }

  function look(): void {
    wakeAt = Number.POSITIVE_INFINITY;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = takeDue()
      .catch((error: unknown) => {
        log.warn({ err: error }, "could not look for due reports");
        return SWEEP_MS;
      })
      .then((delayMs) => {
        looking = undefined;
        wakeIn(lookAgain ? 0 : delayMs);
        lookAgain = false;
      });
  }

  /** Takes what is due, as far as there is room; then how long until the next look, ms. */
  async function takeDue(): Promise<number> {
    for (const id of await store.dueForReport(now(), MAX_AT_ONCE)) {
      if (stopped) break;
      if (taken.size >= MAX_AT_ONCE && !taken.has(id)) return SWEEP_MS;
      if (!(await store.claimReport(id, now(), now() + LEASE_MS))) continue;
      taken.add(id);
      const renewing = setInterval(() => renew(id), RENEW_MS);
      void report(id).finally(() => {
        clearInterval(renewing);
        taken.delete(id);
        wakeIn(0);
      });
    }
    const nextAt = await store.nextReportAt();
    return nextAt === undefined ? SWEEP_MS : Math.min(SWEEP_MS, Math.max(0, nextAt - now()));
  }

  function renew(id: string): void {
    store
      .postponeReport(id, now() + LEASE_MS)
      .catch((error: unknown) => log.debug({ err: error, task: id }, "a report's lease was not renewed"));
  }

  async function stop(): Promise<void> {
    stopped = true;
    clearTimeout(timer);
    end();
    await looking;
  }

  return { start, stop };
}
