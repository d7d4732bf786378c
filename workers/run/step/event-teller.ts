/**
 * Brings what a run's programs say and do into its stream in Redis (src/task/run-events.ts), a batch every half second. It never
 * slows the run or fails it: nobody waits for it before the outcome is stored. What comes faster than it is passed on, and what Redis did
 * not take for too long, is left out and counted; the newest stays.
 */
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import {
  appendRunEvents,
  boundedEvent,
  type Entry,
  type EntryId,
  isAfter,
  lastEntryId,
  MAX_EVENT_TEXT,
  type RunEvent,
} from "../../../src/task/run-events.ts";
import { shorten } from "../../../src/text/bound.ts";
import { redact, redactEach } from "../../../src/text/secret-patterns.ts";
import type { AgentEvent } from "../../agents/event.ts";
import type { RunFolder } from "../run-folder.ts";
import { shownEvent } from "./shown-event.ts";
import type { StepRecord } from "./step-record.ts";

const EVERY_MS = 500;
/** Entries that wait at most, and so those of one batch. */
const MAX_WAITING = 50;
/** Ids between those of two events of a program: for what is told beside them. A step's outlet names far fewer places. */
const ROOM = 1_000;

export type EventTeller = {
  /** What is heard from now on is this step's, from its first word. `isReadAgain`: an earlier life of the host may have told it. */
  begin(step: StepRecord, options: { isReadAgain: boolean }): Promise<void>;
  hear(event: AgentEvent): void;
  /** A connection of the step's was blocked; clean and bounded. */
  blocked(text: string): void;
  /** What the host has to say of the step's programs: once, and again by nobody who reads their output again. */
  aside(text: string): void;
  /** The run is over: tells what is left. Never rejects. */
  close(): Promise<void>;
};

type Parts = { redis: Redis; folder: Pick<RunFolder, "record">; log: Logger };

export function makeEventTeller({ redis, folder, log }: Parts): EventTeller {
  let step = { name: "", number: 0 };
  let heard = 0;
  let beside = 0;
  let lastText = "";
  let waiting: Entry[] = [];
  /** The last entry that the stream has, as far as that is known; a run that goes on under a new epoch has a new stream. */
  let last: { epoch: number; id: EntryId } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let closed = false;
  let complained = false;

  const known = () => (last?.epoch === folder.record.epoch ? last.id : undefined);
  const plan = () => {
    if (!closed) timer ??= setTimeout(() => void flush(), EVERY_MS);
  };
  const put = (id: EntryId, shown: Pick<RunEvent, "kind" | "text" | "ok">) => {
    const event = { at: Date.now(), step: step.name, ...shown, text: shorten(shown.text, MAX_EVENT_TEXT) };
    waiting = withRoom([...waiting, { id, event }]);
    plan();
  };
  const putBeside = (kind: RunEvent["kind"], text: string) => {
    beside += 1;
    put({ step: step.number, seq: heard * ROOM + beside }, { kind, text: redact(text) });
  };
  const learn = async () => {
    const run = { task: folder.record.taskId, epoch: folder.record.epoch };
    const id = known() ?? (await lastEntryId(redis, run));
    if (last?.epoch !== run.epoch) last = { epoch: run.epoch, id };
    return { run, id: last.id };
  };
  const send = async (batch: readonly Entry[]) => {
    try {
      const { run, id } = await learn();
      const entries = unknownOf(batch, id);
      const end = entries.at(-1);
      if (!end) return;
      await appendRunEvents(redis, run, cleaned(entries));
      last = { epoch: run.epoch, id: end.id };
    } catch (error) {
      waiting = withRoom([...batch, ...waiting]);
      if (!complained) log.warn({ err: error }, "Redis does not take what the run says: it hears the newest later");
      complained = true;
    }
  };
  const flush = () => {
    const batch = waiting;
    waiting = [];
    flushing = send(batch).finally(() => {
      timer = undefined;
      if (waiting.length > 0) plan();
    });
    return flushing;
  };

  return {
    async begin(record, { isReadAgain }) {
      step = { name: record.name, number: numberOf(record, folder.record.steps) };
      heard = 0;
      beside = 0;
      lastText = "";
      // Known before the output is read again: what is told already then takes nobody's place.
      if (isReadAgain) await learn().catch(() => undefined); // the first batch asks again
    },
    hear(event) {
      heard += 1;
      beside = 0;
      const shown = shownEvent(event, lastText);
      if (event.type === "text") lastText = event.text;
      const id = { step: step.number, seq: heard * ROOM };
      const told = known();
      if (shown && !(told && !isAfter(id, told))) put(id, shown);
    },
    blocked: (text) => putBeside("blocked", text),
    aside: (text) => putBeside("log", text),
    async close() {
      closed = true;
      clearTimeout(timer);
      await flushing;
      if (waiting.length > 0) await flush();
      if (waiting.length > 0) log.warn("the last words of the run are not told");
    },
  };
}

/** Grows from step to step and with each start of one, also where the clock was set back in between. */
function numberOf(step: StepRecord, steps: readonly StepRecord[]): number {
  const until = steps.slice(0, steps.indexOf(step) + 1);
  return until.reduce((number, { startedAt }) => Math.max(startedAt, number + 1), 0);
}

/** Those that the stream does not have. What is told beside is said once only, though what surrounds it may have been told before. */
function unknownOf(batch: readonly Entry[], told: EntryId): Entry[] {
  let before = told;
  return batch.flatMap(({ id, event }) => {
    const isKnown = !isAfter(id, before);
    if (isKnown && id.seq % ROOM === 0) return [];
    before = isKnown ? { step: before.step, seq: before.seq + 1 } : id;
    return [{ id: before, event }];
  });
}

/** Each is clean; but a key that was printed line by line goes from one to the next, and of most of these nothing is left. */
function cleaned(entries: readonly Entry[]): Entry[] {
  const texts = redactEach(entries.map(({ event }) => event.text));
  const clean = entries.map(({ id, event }, index) => ({
    id,
    event: boundedEvent({ ...event, text: texts[index] ?? "" }),
  }));
  return clean.filter(({ event }) => event.text !== "" || event.kind === "final" || event.kind === "left_out");
}

/** As many as may wait: in the place of the oldest stands how many they were, with the id of the last of them. */
function withRoom(entries: Entry[]): Entry[] {
  const over = entries.length - MAX_WAITING;
  if (over <= 0) return entries;
  const [left, rest] = [entries.slice(0, over + 1), entries.slice(over + 1)];
  const count = left.reduce((sum, { event }) => sum + (event.count ?? 1), 0);
  return left
    .slice(-1)
    .map(({ id, event: { at, step } }): Entry => ({ id, event: { at, step, kind: "left_out", text: "", count } }))
    .concat(rest);
}
