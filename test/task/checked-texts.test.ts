import { expect, test } from "vitest";
import { z } from "zod";
import { makeCheckedTexts } from "../../src/task/checked-texts.ts";

const shape = z.object({ id: z.string() });

test("a text is checked until it was right, and again when it has changed", () => {
  const texts = makeCheckedTexts();
  expect(texts.shapeFor("one", "a", shape)).toBe(shape);
  texts.wasRight("one", "a");
  expect(texts.shapeFor("one", "a", shape)).not.toBe(shape);
  expect(texts.shapeFor("one", "b", shape)).toBe(shape);
  expect(texts.shapeFor("another", "a", shape)).toBe(shape);
});

test("of many records those are kept that changed last", () => {
  const texts = makeCheckedTexts(2);
  for (const id of ["one", "two", "one", "three"]) texts.wasRight(id, "text");
  const isKept = (id: string) => texts.shapeFor(id, "text", shape) !== shape;
  expect(["one", "two", "three"].map(isKept)).toEqual([true, false, true]);
});
