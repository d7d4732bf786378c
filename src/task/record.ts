/**
 * What stands in Redis may have been written by an older Orch, by another program or by hand. A record that cannot be
 * read must not stop the work on all others: it is told of once, and counts as not there.
 */
import { z } from "zod";

/** Told the key of a record and what is wrong with it. */
export type TellUnreadable = (key: string, error: unknown) => void;

/**
 * `parse` makes the record of its text; `shape` has what nobody can do without. Further fields are kept as they are: a
 * newer Orch may know them.
 */
export function readRecord<T>(
  key: string,
  shape: z.ZodType,
  parse: () => unknown,
  tell: TellUnreadable,
): T | undefined {
  try {
    const record = parse();
    const checked = shape.safeParse(record);
    if (checked.success) return record as T;
    tell(key, new Error(z.prettifyError(checked.error)));
  } catch (error) {
    tell(key, error); // it is no JSON
  }
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
