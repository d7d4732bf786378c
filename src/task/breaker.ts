/**
 * Accounts that refuse: where a model provider takes no requests of an account for now (a limit), or at all (its key, its credit),
 * no further task is sent there until it is worth a try. Then one task tries; an answer of the model ends it, another refusal
 * puts the next try off. An account is one agent with one set of credentials, whichever hosts have it.
 */
import type { Redis, Result } from "ioredis";
import { z } from "zod";
import { HOSTS_CHANGED } from "./hosts.ts";
import { keys } from "./keys.ts";

const shape = z.looseObject({
  agent: z.string(),
  account: z.string(),
  /** An adapter's reason. */
  why: z.string(),
  /** Unix ms; the first refusal in a row. */
  since: z.number(),
  /** When it is worth a try, Unix ms. */
  at: z.number(),
  /** Refusals in a row. */
  tries: z.number(),
  /** The task that tries, and until when it is waited for, Unix ms. */
  probe: z.object({ task: z.string(), until: z.number() }).optional(),
});

export type Breaker = z.output<typeof shape>;
export type Account = { agent: string; account: string };

/** Without a word of the provider's: 30 s, then twice as long each time, at most 15 minutes. */
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** The task that tries has so long to get an answer, ms. */
const PROBE_MS = 10 * 60_000;
/** One that nobody has tried for so long is forgotten, ms: the agent may not be there any more. */
const FORGET_MS = 8 * 24 * 3600_000;

const fieldOf = ({ agent, account }: Account): string => `${agent}/${account}`;

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchSwapBreaker(numberOfKeys: 1, key: string, ...args: string[]): Result<number, Context>;
  }
}

// KEYS breakers · ARGV field expected(empty = none) next(empty = removed)
const SWAP = `
local now = redis.call("HGET", KEYS[1], ARGV[1]) or ""
if now ~= ARGV[2] then return 0 end
if ARGV[3] == "" then redis.call("HDEL", KEYS[1], ARGV[1]) else redis.call("HSET", KEYS[1], ARGV[1], ARGV[3]) end
return 1`;

const MAX_ATTEMPTS = 20;

/** `next`: undefined leaves it as it is, "closed" removes it. */
async function change(
  redis: Redis,
  account: Account,
  next: (known: Breaker | undefined) => Breaker | "closed" | undefined,
): Promise<Breaker | undefined> {
  redis.defineCommand("orchSwapBreaker", { lua: SWAP });
  const field = fieldOf(account);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const text = (await redis.hget(keys.breakers, field)) ?? "";
    const known = parse(text);
    const made = next(known);
    if (made === undefined) return undefined;
    const written = made === "closed" ? "" : JSON.stringify(made);
    if ((await redis.orchSwapBreaker(1, keys.breakers, field, text, written)) === 1)
      return made === "closed" ? known : made;
  }
  throw new Error(`The breaker of ${field} keeps changing`);
}

function parse(text: string): Breaker | undefined {
  if (text === "") return undefined;
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // written over at the next refusal
  }
}

/** The account has refused a request. `until`: what the provider says of when it takes some again. Gives when to try again. */
export async function refuse(
  redis: Redis,
  account: Account,
  { why, until, now }: { why: string; until?: number | undefined; now: number },
): Promise<number> {
  const made = await change(redis, account, (known) => {
    // Those that were on their way when it began refuse nothing new.
    const isNew = !known || now >= known.at;
    const tries = (known?.tries ?? 0) + (isNew ? 1 : 0);
    const guess = now + Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS);
    const at = until !== undefined && until > now ? until : isNew ? guess : known.at;
    const { agent, account: name } = account;
    return { agent, account: name, why, since: known?.since ?? now, at: Math.max(at, isNew ? 0 : known.at), tries };
  });
  return made?.at ?? now;
}

/**
 * The model has answered a step of the task that began at `since`: what waits for the account may go on. One of before the refusal
 * proves nothing about what came after.
 */
export async function answered(redis: Redis, account: Account, by: { task: string; since: number }): Promise<void> {
  const closed = await change(redis, account, (known) =>
    known && (known.probe?.task === by.task || known.at <= by.since) ? "closed" : undefined,
  );
  if (closed) await redis.publish(keys.ready, HOSTS_CHANGED);
}

/** Whether this is the task that tries. */
export async function takeProbe(redis: Redis, account: Account, task: string, now: number): Promise<boolean> {
  const made = await change(redis, account, (known) => {
    if (!known || now < known.at || isProbed(known, task, now)) return undefined;
    return { ...known, probe: { task, until: now + PROBE_MS } };
  });
  return made?.probe?.task === task;
}

/** Another task tries. */
export const isProbed = ({ probe }: Breaker, task: string, now: number): boolean =>
  probe !== undefined && probe.task !== task && now < probe.until;

export async function readBreaker(redis: Redis, account: Account): Promise<Breaker | undefined> {
  return parse((await redis.hget(keys.breakers, fieldOf(account))) ?? "");
}

/** All that are open, the ones that nobody has tried for long left out. */
export async function readBreakers(redis: Redis, now: number): Promise<Breaker[]> {
  const all = Object.values(await redis.hgetall(keys.breakers)).flatMap((text) => parse(text) ?? []);
  return all.filter(({ at }) => now < at + FORGET_MS);
}
