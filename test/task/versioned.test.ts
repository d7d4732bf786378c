import { expect, test } from "vitest";
import { z } from "zod";
import type { Reading } from "../../src/task/record.ts";
import { changeVersioned, readVersioned } from "../../src/task/versioned.ts";

type Count = { count: number; version: number };
const shape = z.object({ count: z.number(), version: z.number() });

/** A place that somebody else changes `overtaken` times, each right before it is written. */
function placeOf(overtaken: number) {
  let kept: Count = { count: 0, version: 1 };
  let left = overtaken;
  return {
    kept: () => kept,
    lookUp: async (): Promise<Reading<Count>> => ({ kind: "known", record: kept }),
    write: async (next: Count) => {
      if (left-- > 0) kept = { count: kept.count + 10, version: kept.version + 1 };
      if (next.version !== kept.version) return false;
      kept = { ...next, version: next.version + 1 };
      return true;
    },
  };
}
const oneMore = (record: Count): Count => ({ ...record, count: record.count + 1 });

test("who is overtaken judges what is there by then, and loses neither change", async () => {
  const place = placeOf(3);
  const made = await changeVersioned({ what: "x", next: oneMore, ...place });
  expect(made).toEqual({ kind: "known", record: { count: 31, version: 5 }, changed: true });
  expect(place.kept()).toEqual({ count: 31, version: 5 });
});

test("who is overtaken without end gives up, and says of what", async () => {
  await expect(changeVersioned({ what: "The news", next: oneMore, ...placeOf(1_000) })).rejects.toThrow("The news");
});

test("where there is nothing to change, or the record is in doubt, nothing is written", async () => {
  const place = placeOf(0);
  expect(await changeVersioned({ what: "x", ...place, next: () => undefined })).toMatchObject({ changed: false });
  const lookUp = async (): Promise<Reading<Count>> => ({ kind: "newer", format: 9 });
  expect(await changeVersioned({ what: "x", next: oneMore, ...place, lookUp })).toEqual({ kind: "newer", format: 9 });
  expect(place.kept()).toEqual({ count: 0, version: 1 });
});

test("the version beside the record counts; a hash without either is no record, one without a version is unreadable", () => {
  const read = (version: string | null, record: string | null) => readVersioned<Count>(shape, [version, record]);
  expect(read("7", '{"count":2,"version":1}')).toEqual({ kind: "known", record: { count: 2, version: 7 } });
  expect(read(null, null)).toEqual({ kind: "absent" });
  expect(read(null, '{"count":2}').kind).toBe("unreadable");
  expect(read("7", null).kind).toBe("unreadable");
});
