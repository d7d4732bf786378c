/**
 * What people did: each thing once, wherever they did it, so that it can be said later who has cancelled, answered or approved what. Kept by time, the
 * last ten thousand, and beside each task for as long as the task is. Nothing of what they wrote stands here, only what they did and why it was refused.
 */
import type { Redis, Result } from "ioredis";
import { z } from "zod";
import { keys, RETENTION_S } from "./keys.ts";
import { readRecord, type TellUnreadable, warnOfUnreadable } from "./record.ts";

const VIAS = ["dashboard", "cli", "comment", "label", "check", "program"] as const;
/** Where somebody did it. */
export type Via = (typeof VIAS)[number];

export type Deed = {
  /** Unix ms. */
  at: number;
  /** `id`: of their account at GitHub; none: their name on the machine of whoever operates Orch. */
  by: { name: string; id?: number };
  via: Via;
  /** As in a comment, or as the operator's command. */
  verb: string;
  /** Whether it came to something. */
  done: boolean;
  /** Of what came to nothing: the beginning of what was answered. */
  why?: string;
  /** The tasks that it was about. */
  tasks: string[];
  /** Where it was asked, as `owner/name#number`. */
  place?: string;
  host?: string;
  /** Another program, by its name. */
  program?: string;
};

const shape = z.looseObject({
  at: z.number(),
  by: z.looseObject({ name: z.string(), id: z.number().optional() }),
  via: z.enum(VIAS),
  verb: z.string(),
  done: z.boolean(),
  why: z.string().optional(),
  tasks: z.array(z.string()),
  place: z.string().optional(),
  host: z.string().optional(),
  program: z.string().optional(),
});

/** `id`: where it stands; smaller ones are older. */
export type KeptDeed = Deed & { id: string };

const MAX_KEPT = 10_000;
const MAX_OF_TASK = 100;
const MAX_TASKS = 50;
/** A deed that is noted again within so long is the same, s. Requests are given up after a day. */
const KNOWN_S = 2 * 24 * 3600;
/** Of a name, in characters. */
const MAX_NAME = 100;

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchDeed(numberOfKeys: number, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS known stream task… · ARGV deed knownSeconds maxKept maxOfTask keptSeconds
const NOTE = `
if not redis.call("SET", KEYS[1], "1", "NX", "EX", ARGV[2]) then return 0 end
redis.call("XADD", KEYS[2], "MAXLEN", "~", ARGV[3], "*", "deed", ARGV[1])
for each = 3, #KEYS do
  redis.call("RPUSH", KEYS[each], ARGV[1])
  redis.call("LTRIM", KEYS[each], -tonumber(ARGV[4]), -1)
  redis.call("EXPIRE", KEYS[each], ARGV[5])
end
return 1`;

export type Deeds = ReturnType<typeof makeDeeds>;

export function makeDeeds(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  redis.defineCommand("orchDeed", { lua: NOTE });
  const parse = (key: string) => (text: string) => readRecord<Deed>(key, shape, () => JSON.parse(text), tell) ?? [];

  /** `name`: of this one deed. False when it was noted before. */
  async function note(name: string, deed: Deed): Promise<boolean> {
    const tasks = deed.tasks.slice(0, MAX_TASKS);
    const by = { ...deed.by, name: deed.by.name.slice(0, MAX_NAME) };
    const all = [keys.deed(name), keys.deeds, ...tasks.map(keys.deedsOf)];
    const values = [JSON.stringify({ ...deed, by, tasks }), KNOWN_S, MAX_KEPT, MAX_OF_TASK, RETENTION_S];
    return (await redis.orchDeed(all.length, ...all, ...values)) === 1;
  }

  /** What was done about a task, oldest first. */
  async function ofTask(id: string): Promise<Deed[]> {
    const key = keys.deedsOf(id);
    return (await redis.lrange(key, 0, -1)).flatMap(parse(key));
  }

  /** The newest first. `before`: older than the deed with this id. */
  async function newest({ most, before }: { most: number; before?: string | undefined }): Promise<KeptDeed[]> {
    const from = before !== undefined && /^\d{1,15}-\d{1,15}$/.test(before) ? `(${before}` : "+";
    const entries = await redis.xrevrange(keys.deeds, from, "-", "COUNT", most);
    return entries.flatMap(([id, [, text = ""]]) => [parse(keys.deeds)(text)].flat().map((deed) => ({ ...deed, id })));
  }

  return { note, ofTask, newest };
}
