/**
 * Takes the checkpoints of a run while its agent is at work: one after the other, whoever asks for them. The host does every few
 * minutes; the agent may as well.
 */
import type { CheckpointRecord } from "../checkpoints/checkpoint-store.ts";
import type { Run } from "./run.ts";

/** Every one costs the host a walk through the files: an agent that asks again and again has to wait. */
const ASKED_AGAIN_MS = 20_000;

export type Taken =
  | { kind: "taken"; checkpoint: CheckpointRecord }
  /** The agent has asked for one only so long ago. */
  | { kind: "too soon"; ageMs: number }
  | { kind: "unreadable" }
  | { kind: "not at work" };

export type Taker = {
  /** Undefined when git cannot read what the agent has left. */
  take(): Promise<CheckpointRecord | undefined>;
  askedAt: number | undefined;
  /** From now on none is begun; resolves when none is being taken. */
  end(): Promise<void>;
};

/** The runs whose agent is at work. */
const atWork = new WeakMap<Run, Taker>();

/** `takeOne` is told when to give up. */
export function beginTaking(run: Run, takeOne: (over: AbortSignal) => Promise<CheckpointRecord | undefined>): Taker {
  const over = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  const taker: Taker = {
    askedAt: undefined,
    take() {
      const taking = last.then(() => {
        over.signal.throwIfAborted();
        return takeOne(over.signal);
      });
      last = taking.catch(() => undefined);
      return taking;
    },
    async end() {
      atWork.delete(run);
      over.abort();
      await last;
    },
  };
  atWork.set(run, taker);
  return taker;
}

/** Because the agent asks for it. */
export async function takeCheckpointNow(run: Run): Promise<Taken> {
  const taker = atWork.get(run);
  if (!taker) return { kind: "not at work" };
  const now = performance.now();
  const ageMs = now - (taker.askedAt ?? Number.NEGATIVE_INFINITY);
  if (ageMs < ASKED_AGAIN_MS) return { kind: "too soon", ageMs };
  taker.askedAt = now;
  try {
    const checkpoint = await taker.take();
    return checkpoint ? { kind: "taken", checkpoint } : { kind: "unreadable" };
  } catch (error) {
    if (atWork.get(run) !== taker) return { kind: "not at work" }; // its step has ended meanwhile
    throw error;
  }
}
