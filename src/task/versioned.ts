/**
 * A record in a Redis hash beside its version, which grows with every change. It is changed by compare-and-set: read, judged, and written only
 * where the version is still the one that was read. Writers race freely; who loses judges anew. A record in doubt is never written.
 */
import type { z } from "zod";
import { type FromFormat1, type InDoubt, judgeRecord, type Reading } from "./record.ts";

/** What a change has come to. `changed`: false when there was nothing to change. */
export type Changed<T> = { kind: "known"; record: T; changed: boolean } | InDoubt;

/** A record that keeps changing under our hands: far beyond any real contention. */
const MAX_ATTEMPTS = 50;

/** `version`, `record`: the hash's fields; null where there is none. */
export function readVersioned<T>(
  shape: z.ZodType,
  [version, record]: readonly (string | null | undefined)[],
  fromFormat1?: FromFormat1,
): Reading<T> {
  if (version == null && record == null) return { kind: "absent" };
  const parse = () => ({ ...JSON.parse(record ?? ""), version: Number(version ?? Number.NaN) });
  return judgeRecord<T>(shape, parse, fromFormat1);
}

type Versioned<T> = {
  /** Of the record, and of what is recorded about it: for the error when it is changed again and again. */
  what: string;
  lookUp: () => Promise<Reading<T>>;
  /** Undefined where there is nothing to change. It may be asked more than once. */
  next: (record: T) => T | undefined;
  /** Writes it in the place of the version that was read, and raises that by one; false where another one is there now. */
  write: (next: T, read: T) => Promise<boolean>;
};

export async function changeVersioned<T extends { version: number }>({
  what,
  lookUp,
  next,
  write,
}: Versioned<T>): Promise<Changed<T>> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const reading = await lookUp();
    if (reading.kind !== "known") return reading;
    const { record } = reading;
    const made = next(record);
    if (!made) return { ...reading, changed: false };
    const { version } = record;
    if (await write({ ...made, version }, record))
      return { kind: "known", record: { ...made, version: version + 1 }, changed: true };
  }
  throw new Error(`${what} was overtaken by other changes ${MAX_ATTEMPTS} times`);
}
