/**
 * What the programs of tasks print, as it is published, for any number of viewers: one subscription for each task, and a key that says that
 * somebody watches, renewed while somebody does. What a host publishes whose run it is not, is dropped.
 */
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { keys } from "../../src/task/keys.ts";
import { type Chunk, parseChunk, WATCHED_S } from "../../src/task/output.ts";
import type { TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";

/** `task`: its record has changed, and this is how it is now. `again`: something may have been missed. */
export type LiveNews = { kind: "chunk"; chunk: Chunk } | { kind: "task"; task: Task | undefined } | { kind: "again" };

export type LiveOutput = {
  /** Resolves with what ends it, once nothing new is missed. `hear` must not wait. */
  watch(taskId: string, hear: (news: LiveNews) => void): Promise<() => void>;
  /** How many watch. */
  viewers(): number;
};

const RENEW_MS = (WATCHED_S * 1_000) / 3;
/** A record is read again for a stranger's output no more often than this. */
const JUDGE_MS = 1_000;

type Watched = {
  hears: Set<(news: LiveNews) => void>;
  /** Whose output counts, by the record as it was read last. */
  owner: Pick<Chunk, "host" | "epoch" | "claim"> | undefined;
  /** The last run whose output came. */
  heard: number;
  readAt: number;
  reading: Promise<void> | undefined;
};

type Parts = { redis: Redis; subscriber: Redis; store: Pick<TaskStore, "read">; log: Pick<Logger, "debug" | "warn"> };

export function makeLiveOutput({ redis, subscriber, store, log }: Parts): LiveOutput {
  const watched = new Map<string, Watched>();
  let timer: NodeJS.Timeout | undefined;
  let listening = false;

  function listen(): void {
    if (listening) return;
    listening = true;
    subscriber.on("message", (channel, message) => {
      if (channel === keys.changed) onChanged(message);
      const id = channel.startsWith(PREFIX) ? channel.slice(PREFIX.length) : undefined;
      const found = id === undefined ? undefined : watched.get(id);
      if (id !== undefined && found) onPrinted(id, found, message);
    });
    subscriber.on("ready", () => {
      for (const found of watched.values()) tell(found, { kind: "again" });
      renew();
    });
  }

  function onChanged(id: string): void {
    const found = watched.get(id);
    if (!found) return;
    void readOwner(id, found, { isNews: true });
  }

  function onPrinted(id: string, found: Watched, message: string): void {
    const chunk = parseChunk(message);
    if (!chunk) log.warn({ task: id }, "a host published what is no output: dropped");
    else if (isOf(found.owner, chunk)) take(found, chunk);
    else void judge(id, found, chunk);
  }

  /** The record may have changed without a word of it. Who is believed then has what was dropped meanwhile asked for by its place. */
  async function judge(id: string, found: Watched, chunk: Chunk): Promise<void> {
    if (performance.now() - found.readAt < JUDGE_MS && !found.reading) return;
    await readOwner(id, found);
    if (isOf(found.owner, chunk)) take(found, chunk);
    else log.debug({ task: id, host: chunk.host }, "output of a host that does not have the run: dropped");
  }

  /** One after the other: what is read last is how it is now. */
  function readOwner(id: string, found: Watched, { isNews = false } = {}): Promise<void> {
    if (found.reading && !isNews) return found.reading;
    const read = async () => {
      found.readAt = performance.now();
      const task = await store.read(id);
      found.owner = ownerOf(task);
      if (isNews) tell(found, { kind: "task", task });
      // A host that has just begun may not know yet that somebody watches.
      if (isNews && found.owner && found.owner.epoch !== found.heard) await say([id]);
    };
    const reading = (found.reading ?? Promise.resolve())
      .then(read)
      .catch((error: unknown) => log.debug({ err: error, task: id }, "whose run it is cannot be read now"))
      .finally(() => {
        if (found.reading === reading) found.reading = undefined;
      });
    found.reading = reading;
    return reading;
  }

  function renew(): void {
    say([...watched.keys()]).catch((error: unknown) =>
      log.debug({ err: error }, "hosts do not hear that somebody watches"),
    );
  }

  async function say(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const all = redis.pipeline();
    for (const id of ids) all.set(keys.watch(id), "1", "EX", WATCHED_S).publish(keys.watched, id);
    await all.exec();
  }

  async function begin(id: string): Promise<void> {
    listen();
    await subscriber.subscribe(keys.printed(id), keys.changed);
    timer ??= setInterval(renew, RENEW_MS).unref();
  }

  function leave(id: string, hear: (news: LiveNews) => void): void {
    const found = watched.get(id);
    if (!found?.hears.delete(hear) || found.hears.size > 0) return;
    watched.delete(id);
    subscriber.unsubscribe(keys.printed(id)).catch((error: unknown) => log.debug({ err: error }, "still subscribed"));
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    async watch(id, hear) {
      const found = watched.get(id) ?? {
        hears: new Set(),
        owner: undefined,
        heard: 0,
        readAt: Number.NEGATIVE_INFINITY,
        reading: undefined,
      };
      watched.set(id, found);
      found.hears.add(hear);
      const end = () => leave(id, hear);
      try {
        await begin(id);
        await readOwner(id, found);
        await say([id]);
      } catch (error) {
        end();
        throw error;
      }
      return end;
    },
    viewers: () => [...watched.values()].reduce((sum, { hears }) => sum + hears.size, 0),
  };
}

const PREFIX = keys.printed("");

function take(found: Watched, chunk: Chunk): void {
  found.heard = chunk.epoch;
  tell(found, { kind: "chunk", chunk });
}

function tell({ hears }: Watched, news: LiveNews): void {
  for (const hear of hears) hear(news);
}

const isOf = (owner: Watched["owner"], chunk: Chunk): boolean =>
  owner !== undefined && owner.host === chunk.host && owner.epoch === chunk.epoch && owner.claim === chunk.claim;

function ownerOf(task: Task | undefined): Watched["owner"] {
  if (task?.state.name !== "running") return undefined;
  const { host, claim } = task.state;
  return { host, epoch: task.epoch, claim };
}
