/**
 * Who is signed in. The browser has a random cookie, Redis the SHA-256 of it: what stands in a backup signs nobody in. One ends after twelve hours
 * without a visit, after seven days in any case, and at once when somebody signs out.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys } from "../../src/task/keys.ts";
import { readRecord, warnOfUnreadable } from "../../src/task/record.ts";
import { takesNoWrites } from "../../src/task/redis-refusal.ts";

const IDLE_MS = 12 * 3600_000;
const LONGEST_MS = 7 * 24 * 3600_000;
/** A visit keeps a session alive; so often it is noted down. */
const NOTE_EVERY_MS = 60_000;
/** Of one person; the oldest ends. Anybody with an account at GitHub may sign in, and memory is bounded. */
const MOST_OF_ONE = 16;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

const whoShape = z.discriminatedUnion("by", [
  /** By the one-time link, which is for whoever operates Orch; `name`: on their machine. */
  z.looseObject({ by: z.literal("link"), name: z.string() }),
  z.looseObject({ by: z.literal("github"), id: z.number(), login: z.string() }),
]);
const shape = z.looseObject({ who: whoShape, madeAt: z.number(), seenAt: z.number() });

export type Who = z.output<typeof whoShape>;
export type Session = z.output<typeof shape> & {
  hash: string;
  /** Stands in each form; nobody else can know it. */
  formToken: string;
};

export type Sessions = ReturnType<typeof makeSessions>;

export const newToken = (): string => randomBytes(32).toString("base64url");
export const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

const nameOf = (who: Who): string => (who.by === "link" ? `link:${who.name}` : `github:${who.id}`);

export function makeSessions(redis: Redis, now: () => number) {
  /** The cookie. */
  async function begin(who: Who): Promise<string> {
    const token = newToken();
    const at = now();
    const hash = hashOf(token);
    const all = keys.dashboardSessionsOf(nameOf(who));
    const record = JSON.stringify({ who, madeAt: at, seenAt: at });
    await redis.set(keys.dashboardSession(hash), record, "PX", IDLE_MS);
    await redis.multi().lpush(all, hash).pexpire(all, LONGEST_MS).exec();
    for (const oldest of await redis.lrange(all, MOST_OF_ONE, -1)) await end(oldest, who);
    return token;
  }

  /** Undefined for none, or none any more. `visit`: somebody is there, and not merely a page that is open. */
  async function find(token: string | undefined, visit = true): Promise<Session | undefined> {
    if (token === undefined || !TOKEN.test(token)) return undefined;
    const hash = hashOf(token);
    const session = await read(hash);
    if (!session) return undefined;
    const left = session.madeAt + LONGEST_MS - now();
    if (left <= 0) return undefined;
    if (visit && now() - session.seenAt >= NOTE_EVERY_MS) {
      const record = JSON.stringify({ ...session, seenAt: now() });
      await note(hash, record, Math.min(IDLE_MS, left));
    }
    return { ...session, hash, formToken: createHash("sha256").update(`form ${token}`).digest("base64url") };
  }

  /** A Redis that takes nothing new, as on a full disk, is what people come to look for: they may go on looking. */
  async function note(hash: string, record: string, lastsMs: number): Promise<void> {
    try {
      // XX: one that has ended meanwhile stays so.
      await redis.set(keys.dashboardSession(hash), record, "PX", lastsMs, "XX");
    } catch (error) {
      if (!takesNoWrites(error)) throw error;
    }
  }

  async function read(hash: string): Promise<z.output<typeof shape> | undefined> {
    const key = keys.dashboardSession(hash);
    const text = await redis.get(key);
    if (text === null) return undefined;
    const session = readRecord<z.output<typeof shape>>(key, shape, () => JSON.parse(text), warnOfUnreadable);
    return session && now() - session.seenAt < IDLE_MS ? session : undefined;
  }

  async function end(hash: string, who: Who): Promise<void> {
    await redis.del(keys.dashboardSession(hash));
    await redis.lrem(keys.dashboardSessionsOf(nameOf(who)), 0, hash);
  }

  return { begin, find, end };
}
