/** What came of an outlet, as the proxy wrote it down: read whether or not a proxy runs. */
import { join } from "node:path";
import { z } from "zod";
import { COUNTS_PATTERN, outletFiles } from "./outlet-files.ts";
import { namesIn, readUntrusted } from "./read-untrusted.ts";

/** Bytes in both directions, connections that were blocked, and the first different places of these. */
export type OutletReport = { bytes: number; blocked: number; places: BlockedPlace[] };
export type BlockedPlace = z.output<typeof blockedSchema>;

export const blockedSchema = z.object({
  host: z.string().max(300),
  port: z.number().int().min(0).max(65_535),
  why: z.string().max(500),
});
const countSchema = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER);
const countsSchema = z.object({ bytes: countSchema, blocked: countSchema });

/** More than a proxy of ours leaves behind. */
const [MAX_COUNTS, MAX_PLACES] = [1_000, 50];

/** The files are the proxy's, which reads what agents send: they are parsed and bounded like any other input. */
export function reportOf(dir: string, id: string): OutletReport {
  const { state, blocked } = outletFiles(dir, id);
  const names = namesIn(state)
    .filter((name) => COUNTS_PATTERN.test(name))
    .slice(0, MAX_COUNTS);
  const counts = names.flatMap((name) => parsed(countsSchema, readUntrusted(join(state, name))));
  const sum = (of: "bytes" | "blocked") => counts.reduce((total, each) => total + each[of], 0);
  const places = readUntrusted(blocked)
    .split("\n")
    .flatMap((line) => parsed(blockedSchema, line))
    .slice(0, MAX_PLACES);
  return { bytes: sum("bytes"), blocked: Math.max(sum("blocked"), places.length), places };
}

function parsed<T extends z.ZodType>(schema: T, text: string): z.output<T>[] {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? [result.data] : [];
  } catch {
    return []; // not JSON: an empty file, or one that was being written when the proxy was killed
  }
}
