/** What a Redis says that is there, and lets itself be read, and takes nothing new: its disk or its memory is full, or it follows another one. */
import { type Redis, ReplyError } from "ioredis";
import { keys } from "./keys.ts";

/** Of a transaction its commands' own errors say so. */
export function takesNoWrites(error: unknown): boolean {
  if (!(error instanceof ReplyError)) return false;
  const { message, previousErrors } = error as Error & { previousErrors?: unknown };
  const own = Array.isArray(previousErrors) ? previousErrors : [];
  return [message, ...own.map(String)].some((each) => /\b(MISCONF|OOM|READONLY|NOREPLICAS)\b/.test(each));
}

/** What it says to a write that would change nothing; undefined where it takes that. */
export async function refusalOfWrites(redis: Redis): Promise<string | undefined> {
  try {
    await redis.lpushx(keys.asks("nobody"), "");
    return undefined;
  } catch (error) {
    if (!takesNoWrites(error)) throw error;
    return (error as Error).message;
  }
}
