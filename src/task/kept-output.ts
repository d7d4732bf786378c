/**
 * The end of what a run printed, kept beyond the run's folder on its host: in Redis for a day, of the last hundred runs at most, and taken from
 * there into the history. Offsets stay those of the transcripts, so whoever followed the run goes on here.
 */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Redis } from "ioredis";
import { z } from "zod";
import { terminalText } from "../text/terminal-text.ts";
import { tellChanged } from "./history-news.ts";
import { keys } from "./keys.ts";
import { MAX_STEPS, type Piece } from "./output.ts";
import { pieceOf, type Wanted } from "./output-piece.ts";

/** Of all steps together, bytes. */
export const KEPT_BYTES = 256 * 1024;

const KEPT_S = 24 * 3600;
const KEPT_RUNS = 100;
/** Of what was packed: escaped, a text takes no more. */
const MAX_UNPACKED = 8 * KEPT_BYTES;

/** `size`: of the whole transcript, whose end `text` is. */
const keptShape = z.object({
  steps: z
    .array(
      z.object({
        name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
        size: z.int().nonnegative(),
        text: z.string().transform(terminalText),
      }),
    )
    .max(MAX_STEPS),
});
export type KeptOutput = z.input<typeof keptShape>;

export const packOutput = async (kept: KeptOutput): Promise<Buffer> => await promisify(gzip)(JSON.stringify(kept));

/** Undefined for what is none. */
export async function unpackOutput(packed: Uint8Array): Promise<KeptOutput | undefined> {
  try {
    const text = await promisify(gunzip)(packed, { maxOutputLength: MAX_UNPACKED });
    return keptShape.safeParse(JSON.parse(text.toString("utf8"))).data;
  } catch {
    return undefined; // damaged, or not ours
  }
}

/** Undefined where that step has left nothing. */
export async function pieceOfKept(
  { steps }: KeptOutput,
  { step, ...wanted }: Wanted & { step?: string | undefined },
): Promise<Piece | undefined> {
  const found = step === undefined ? steps.at(-1) : steps.find(({ name }) => name === step);
  if (!found) return undefined;
  const bytes = Buffer.from(found.text);
  const before = Math.max(0, found.size - bytes.length);
  const read = async (from: number, length: number) => bytes.subarray(from, from + length);
  const here = (offset: number | undefined) => (offset === undefined ? undefined : Math.max(0, offset - before));
  const [from, until] = [here(wanted.from), here(wanted.until)];
  const piece = await pieceOf({ size: bytes.length, read }, { ...wanted, from, until });
  const names = steps.map(({ name, size }) => ({ name, size }));
  return { steps: names, step: found.name, from: before + piece.from, to: before + piece.to, text: piece.text };
}

/** Whoever keeps a history hears of it. */
export async function keepOutput(redis: Redis, { task, epoch }: RunName, packed: Buffer, now: number): Promise<void> {
  const key = keys.keptOutput(task, epoch);
  const [, , over] =
    (await redis
      .multi()
      .set(key, packed, "EX", KEPT_S)
      .zadd(keys.keptOutputs, now, key)
      .zrange(keys.keptOutputs, "0", String(-KEPT_RUNS - 1))
      .exec()) ?? [];
  const oldest = over?.[1] as string[] | undefined;
  if (oldest && oldest.length > 0)
    await redis
      .multi()
      .del(...oldest)
      .zrem(keys.keptOutputs, ...oldest)
      .exec();
  await tellChanged(redis, task);
}

type RunName = { task: string; epoch: number };

export async function readKeptOutput(redis: Redis, { task, epoch }: RunName): Promise<Buffer | undefined> {
  return (await redis.getBuffer(keys.keptOutput(task, epoch))) ?? undefined;
}
