/**
 * Schedules in Redis: where repositories are, what their files say, when each schedule comes and what became of it last.
 * Whoever reads a file writes what it says; only who has taken a schedule out of the due set writes its state, which one
 * script sees to.
 */
import type { Redis, Result } from "ioredis";
import { z } from "zod";
import { dueKeys, makeDueSet, type Taken } from "./due-set.ts";
import { keys } from "./keys.ts";
import { FORMAT, readRecord, type TellUnreadable, warnOfUnreadable } from "./record.ts";
import type { Repository } from "./task-spec.ts";

/**
 * Where a repository is. `stand`: changes whenever somebody has pushed to it; unknown where only an event told of it. `head`: the
 * commit on its default branch that may have changed its file, where a push told of it.
 */
export type KnownRepository = Repository & { installationId: number; stand?: string; head?: string };

/** What is asked for at which times, as the repository's file says. */
export type Schedule = {
  name: string;
  cron: string;
  timezone: string;
  instruction: string;
  details?: string;
  /** Number of the issue or pull request that it names. */
  issue?: number;
  agent?: string;
};

/** `problem`: why the file cannot be used; there are no schedules then. `stand`: of the repository when it was read. */
export type ScheduleFile = { schedules: Schedule[]; problem?: string; readAt: number; stand?: string };

/** Why a schedule asked for nothing when it was due. */
export type SkipReason =
  /** What it asked for last is not over; `task`: its id. */
  | { kind: "task_open"; task: string }
  | { kind: "issue_closed"; number: number }
  | { kind: "issue_missing"; number: number }
  /** No bot was running, for too long. */
  | { kind: "missed" }
  | { kind: "repository_archived" }
  /** GitHub does not let us ask there. */
  | { kind: "refused"; message: string };

/** Times are Unix ms. */
export type ScheduleState = {
  /** By which `nextAt` was found. */
  cron: string;
  timezone: string;
  nextAt: number;
  /** What it asked for last. */
  last?: { dueAt: number; task: string; issue: number };
  /** The last time that it did not ask, unless it has asked since. */
  skipped?: { dueAt: number; reason: SkipReason };
  /** The issue that Orch opened for it. `alone`: looked for a second time, there was no other one. */
  issue?: { number: number; alone: boolean };
};

const repositoryShape = z.looseObject({
  id: z.number(),
  owner: z.string(),
  name: z.string(),
  installationId: z.number(),
});
const fileShape = z.looseObject({
  schedules: z.array(
    z.looseObject({ name: z.string(), cron: z.string(), timezone: z.string(), instruction: z.string() }),
  ),
  readAt: z.number(),
});
const stateShape = z.looseObject({
  cron: z.string(),
  timezone: z.string(),
  nextAt: z.number(),
  last: z.looseObject({ dueAt: z.number(), task: z.string(), issue: z.number() }).optional(),
  issue: z.looseObject({ number: z.number(), alone: z.boolean() }).optional(),
  skipped: z.looseObject({ dueAt: z.number(), reason: z.looseObject({ kind: z.string() }) }).optional(),
});

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchScheduleSave(numberOfKeys: 2, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS taken states · ARGV member token state
const SAVE = `
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[2], ARGV[1], ARGV[3])
return 1`;

/** The name of one schedule among all. */
export const scheduleKey = (repositoryId: number, name: string): string => `${repositoryId}/${name}`;

export function partsOf(key: string): { repositoryId: number; name: string } {
  const [repositoryId, name = ""] = key.split("/", 2);
  return { repositoryId: Number(repositoryId), name };
}

export type ScheduleStore = ReturnType<typeof makeScheduleStore>;

export function makeScheduleStore(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  redis.defineCommand("orchScheduleSave", { lua: SAVE });
  /** Repositories whose file is to be read, by id. */
  const unread = makeDueSet(redis, keys.unreadFiles);
  /** Schedules, by when they come. */
  const due = makeDueSet(redis, keys.schedules);
  const [, taken] = dueKeys(keys.schedules);

  const textOf = (record: object) => JSON.stringify({ ...record, format: FORMAT });

  function recordOf<T>(hash: string, shape: z.ZodType, field: string, text: string | null | undefined): T | undefined {
    return text == null ? undefined : readRecord<T>(`${hash} ${field}`, shape, () => JSON.parse(text), tell);
  }

  const readOne =
    <T>(hash: string, shape: z.ZodType) =>
    async (field: string | number): Promise<T | undefined> =>
      recordOf<T>(hash, shape, String(field), await redis.hget(hash, String(field)));

  const readAll =
    <T>(hash: string, shape: z.ZodType) =>
    async (): Promise<Map<string, T>> => {
      const all = Object.entries(await redis.hgetall(hash));
      return new Map(
        all.flatMap(([field, text]) => {
          const record = recordOf<T>(hash, shape, field, text);
          return record === undefined ? [] : [[field, record] as const];
        }),
      );
    };

  /** The repository is there, and its file is to be read at `at`. */
  async function toBeRead(repository: KnownRepository, at: number): Promise<void> {
    await redis.hset(keys.repositories, String(repository.id), textOf(repository));
    await unread.plan(String(repository.id), at);
  }

  /** What its file says; each of its schedules is to be looked at. What a usable file does not name is forgotten. */
  async function saveFile(repositoryId: number, file: ScheduleFile): Promise<void> {
    await redis.hset(keys.scheduleFiles, String(repositoryId), textOf(file));
    const named = file.schedules.map(({ name }) => scheduleKey(repositoryId, name));
    if (file.problem === undefined) await dropStates(repositoryId, (key) => !named.includes(key));
    for (const key of named) await due.plan(key, file.readAt);
  }

  async function dropStates(repositoryId: number, isGone: (key: string) => boolean): Promise<void> {
    const all = await redis.hkeys(keys.scheduleStates);
    const gone = all.filter((key) => partsOf(key).repositoryId === repositoryId && isGone(key));
    if (gone.length > 0) await redis.hdel(keys.scheduleStates, ...gone);
  }

  /** We have it no longer. */
  async function forget(repositoryId: number): Promise<void> {
    await dropStates(repositoryId, () => true);
    await redis.hdel(keys.scheduleFiles, String(repositoryId));
    await redis.hdel(keys.repositories, String(repositoryId));
    await redis.srem(keys.quieted, repositoryId);
  }

  /** Where pushes make no check suite of ours. */
  const quieted = {
    has: async (repositoryId: number) => (await redis.sismember(keys.quieted, repositoryId)) === 1,
    add: async (repositoryId: number) => void (await redis.sadd(keys.quieted, repositoryId)),
    all: async () => new Set((await redis.smembers(keys.quieted)).map(Number)),
  };

  /** False when somebody else has the schedule by now: then nothing is written. */
  async function saveState({ member, token }: Taken, state: ScheduleState): Promise<boolean> {
    return (await redis.orchScheduleSave(2, taken, keys.scheduleStates, member, token, textOf(state))) === 1;
  }

  return {
    unread,
    due,
    repository: readOne<KnownRepository>(keys.repositories, repositoryShape),
    repositories: readAll<KnownRepository>(keys.repositories, repositoryShape),
    file: readOne<ScheduleFile>(keys.scheduleFiles, fileShape),
    allFiles: readAll<ScheduleFile>(keys.scheduleFiles, fileShape),
    state: readOne<ScheduleState>(keys.scheduleStates, stateShape),
    allStates: readAll<ScheduleState>(keys.scheduleStates, stateShape),
    toBeRead,
    saveFile,
    forget,
    quieted,
    saveState,
  };
}
