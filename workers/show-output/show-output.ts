/**
 * Shows what this host's runs print to people elsewhere, by Redis: published while somebody watches, and what was printed before to whoever
 * asks. Where nobody watches, nothing is read and nothing leaves.
 */
import type { Redis } from "ioredis";
import { BEAT_MS } from "../../src/task/heartbeat.ts";
import { keys } from "../../src/task/keys.ts";
import { atMultiplesOf } from "../../src/until-multiple.ts";
import type { Run, Shared } from "../run/run.ts";
import type { Slots } from "../slots.ts";
import { answerAsks } from "./answer-asks.ts";
import { type Tail, tailRun } from "./tail-run.ts";

export type OutputShower = {
  /** Hears of people who watch from now on, and looks now and then besides: a message may be lost. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

type Parts = {
  shared: Pick<Shared, "redis" | "store" | "hostId" | "dataDir" | "log">;
  slots: Pick<Slots, "run" | "runs">;
  subscriber: Redis;
};

/** Questions that take longer to answer and wait; more get no answer. */
const MOST_LATER = 10;

type Shown = { run: Run; epoch: number; tail: Tail };

export function makeOutputShower({ shared, slots, subscriber }: Parts): OutputShower {
  const { redis, hostId, log } = shared;
  const shown = new Map<string, Shown>();
  let beating: { stop(): void } | undefined;
  let answering: Promise<void> | undefined;
  let askedAgain = false;
  let looking: Promise<void> = Promise.resolve();
  let working: Promise<void> = Promise.resolve();
  let waiting = 0;
  const over = new AbortController();

  const complain = (error: unknown) =>
    log.debug({ err: error }, "what runs print is not shown now; the next look is soon");
  const onMessage = (channel: string, message: string) => {
    if (channel === keys.watched && slots.run(message)) look([message]);
    if (channel === keys.asked && message === hostId) answer();
  };

  function answer(): void {
    askedAgain = true;
    answering ??= (async () => {
      while (askedAgain) {
        askedAgain = false;
        await answerAsks(shared, { live: slots.run, later });
      }
    })()
      .catch(complain)
      .finally(() => {
        answering = undefined;
      });
  }

  /** One after the other, and no more than anybody waits for. */
  function later(work: (signal: AbortSignal) => Promise<void>): void {
    if (waiting >= MOST_LATER) return;
    waiting += 1;
    working = working
      .then(() => work(over.signal))
      .catch(complain)
      .finally(() => {
        waiting -= 1;
      });
  }

  /** One after the other: two looks at a time would begin a tail twice. */
  function look(named: readonly string[] = []): void {
    looking = looking.then(() => lookAt(named)).catch(complain);
  }

  async function lookAt(named: readonly string[]): Promise<void> {
    const ids = [...new Set([...slots.runs().map(({ task }) => task.spec.id), ...shown.keys()])];
    if (ids.length === 0) return;
    const watched = await redis.mget(ids.map(keys.watch));
    for (const [nth, id] of ids.entries()) {
      const run = slots.run(id);
      if (run && watched[nth] !== null) await show(id, run, named.includes(id));
      else await hide(id);
    }
  }

  async function show(id: string, run: Run, isNamed: boolean): Promise<void> {
    const { epoch } = run.folder.record;
    const known = shown.get(id);
    if (known && known.run === run && known.epoch === epoch) return isNamed ? known.tail.announce() : undefined;
    await hide(id);
    const state = (await shared.store.read(id))?.state;
    // As long as the record does not say that the run is this host's, nobody would believe it.
    if (state?.name !== "running" || state.host !== hostId) return;
    const owner = { host: hostId, epoch, claim: state.claim };
    shown.set(id, { run, epoch, tail: tailRun({ redis, run, owner }) });
  }

  async function hide(id: string): Promise<void> {
    const was = shown.get(id);
    shown.delete(id);
    await was?.tail.stop();
  }

  return {
    async start() {
      subscriber.on("message", onMessage);
      await subscriber.subscribe(keys.watched, keys.asked);
      beating = atMultiplesOf(BEAT_MS, look);
      answer();
    },
    async stop() {
      beating?.stop();
      subscriber.off("message", onMessage);
      await looking;
      over.abort();
      await answering;
      await working;
      await Promise.all([...shown.keys()].map(hide));
    },
  };
}
