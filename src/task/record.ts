/**
 * What stands in Redis or in a run's folder may have been written by an older Orch, by a newer one, by another program or by
 * hand. So a record reads as one of four: known, absent, newer than this Orch, or unreadable. Only a known record says
 * anything about a task. The other three, a record in doubt, are no reason to end an agent or to remove work, and must not
 * stop the work on all others.
 */
import { z } from "zod";

/**
 * The format in which this Orch writes its records. To be raised when a program of the earlier format could misunderstand
 * what is written: it then leaves such records alone. A record without a number has format 1, and is read for ever.
 */
export const FORMAT = 2;

export type Reading<T> =
  | { kind: "known"; record: T }
  | { kind: "absent" }
  | { kind: "newer"; format: number }
  | { kind: "unreadable"; error: unknown };

/** The records that are known, in their order. */
export const knownOf = <T>(readings: Iterable<Reading<T>>): T[] =>
  [...readings].flatMap((reading) => (reading.kind === "known" ? [reading.record] : []));

/** Something is there, and this Orch cannot use it. */
export type Unusable = Exclude<InDoubt, { kind: "absent" }>;
export const isUnusable = <T>(reading: Reading<T>): reading is Unusable =>
  reading.kind === "newer" || reading.kind === "unreadable";

/** A reading that says nothing about the task. */
export type InDoubt = Exclude<Reading<never>, { kind: "known" }>;
export type Doubt = InDoubt["kind"];

/** Told the key of a record and what is wrong with it. */
export type TellUnreadable = (key: string, error: unknown) => void;

/** Makes what was written in format 1 into today's. What it is given is not checked yet: it may have any shape. */
export type FromFormat1 = (record: never) => unknown;
const unchanged = (record: unknown) => record;

/**
 * `parse` makes the record of its text; `shape` has what nobody can do without. Further fields are kept as they are: a
 * newer Orch may know them.
 */
export function judgeRecord<T>(
  shape: z.ZodType,
  parse: () => unknown,
  fromFormat1: FromFormat1 = unchanged,
): Exclude<Reading<T>, { kind: "absent" }> {
  try {
    const written = parse();
    const format = formatOf(written);
    if (format > FORMAT) return { kind: "newer", format };
    const record = format === 1 ? fromFormat1(written as never) : written;
    const checked = shape.safeParse(record);
    if (checked.success) return { kind: "known", record: record as T };
    return { kind: "unreadable", error: new Error(z.prettifyError(checked.error)) };
  } catch (error) {
    return { kind: "unreadable", error }; // it is no JSON
  }
}

function formatOf(record: unknown): number {
  const format = (record as { format?: unknown } | null)?.format;
  return typeof format === "number" ? format : 1;
}

/** Why a record in doubt is left alone, for `TellUnreadable`. */
export function reasonOfDoubt(reading: InDoubt): unknown {
  if (reading.kind === "newer") return new Error(`it has format ${reading.format}, of a newer Orch`);
  return reading.kind === "unreadable" ? reading.error : new Error("it is not there");
}

/** For what can be done without: undefined unless it is known. */
export function readRecord<T>(
  key: string,
  shape: z.ZodType,
  parse: () => unknown,
  tell: TellUnreadable,
): T | undefined {
  const reading = judgeRecord<T>(shape, parse);
  if (reading.kind === "known") return reading.record;
  tell(key, reasonOfDoubt(reading));
  return undefined;
}

/** Sweeps come by the same record again and again. */
export function tellOnce(tell: TellUnreadable): TellUnreadable {
  const told = new Set<string>();
  return (key, error) => {
    if (told.has(key)) return;
    told.add(key);
    tell(key, error);
  };
}

/** For whoever has no log. */
export const warnOfUnreadable = tellOnce((key, error) =>
  process.emitWarning(
    `${key} in Redis cannot be read and is left out: ${error instanceof Error ? error.message : error}`,
  ),
);
