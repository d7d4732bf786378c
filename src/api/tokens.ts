/**
 * The tokens by which other programs ask. A token is shown once, when it is made: Redis has only its hash. It names its
 * program, is good for the repositories that the operator has listed, and stands for a person on GitHub, whose permission
 * is asked as if they had asked themselves.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys } from "../task/keys.ts";
import { readRecord, type TellUnreadable, warnOfUnreadable } from "../task/record.ts";

/** By which it is known for what it is wherever it turns up (`src/text/secret-patterns.ts`). */
const PREFIX = "orch_api_";
const TOKEN = /^orch_api_[A-Za-z0-9_-]{43}$/;

/** What programs are called: as in a branch's name, a log or a sentence. */
export const CLIENT = /^[a-z0-9][a-z0-9-]{0,38}$/i;

const callerShape = z.looseObject({
  client: z.string().regex(CLIENT),
  repositories: z.array(
    z.looseObject({ id: z.number(), owner: z.string(), name: z.string(), installationId: z.number() }),
  ),
  actor: z.looseObject({ id: z.number(), login: z.string() }),
  /** Unix ms. */
  madeAt: z.number(),
});

/** A program, and what it may ask for. */
export type TokenRecord = z.output<typeof callerShape>;
/** A program that asks, by a token of this hash. */
export type Caller = TokenRecord & { hash: string };
export type CallerRepository = TokenRecord["repositories"][number];

export type TokenStore = ReturnType<typeof makeTokens>;

const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

export function makeTokens(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  const parse = (text: string) => readRecord<TokenRecord>(keys.callerTokens, callerShape, () => JSON.parse(text), tell);

  /** Whose token it is; undefined for what is none, or none any more. */
  async function find(token: string): Promise<Caller | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const hash = hashOf(token);
    const text = await redis.hget(keys.callerTokens, hash);
    const record = text === null ? undefined : parse(text);
    return record && { ...record, hash };
  }

  /** Whether its token is still good: a call may last for hours. */
  const isGood = async ({ hash }: Caller): Promise<boolean> => (await redis.hexists(keys.callerTokens, hash)) === 1;

  async function list(): Promise<TokenRecord[]> {
    const all = await redis.hvals(keys.callerTokens);
    const callers = all.flatMap((text) => parse(text) ?? []);
    return callers.sort((one, other) => one.client.localeCompare(other.client) || one.madeAt - other.madeAt);
  }

  /** The token, which nobody can ask for again. A program may have several, as while they are renewed. */
  async function add(caller: TokenRecord): Promise<string> {
    const token = `${PREFIX}${randomBytes(32).toString("base64url")}`;
    await redis.hset(keys.callerTokens, hashOf(token), JSON.stringify(callerShape.parse(caller)));
    return token;
  }

  /** All of that program's; how many there were. */
  async function revoke(client: string): Promise<number> {
    const all = Object.entries(await redis.hgetall(keys.callerTokens));
    const theirs = all.filter(([, text]) => parse(text)?.client === client).map(([hash]) => hash);
    return theirs.length === 0 ? 0 : await redis.hdel(keys.callerTokens, ...theirs);
  }

  return { find, isGood, list, add, revoke };
}
