import { expect, test } from "vitest";
import { z } from "zod";
import { headedText, parseHeaded, parseJson } from "../../src/task/headed-text.ts";

const shape = z.object({ of: z.number() });

test("a text comes through as it is, line ends and all", () => {
  const text = 'a "quoted"\n\n{"of":2}\n';
  expect(parseHeaded(shape, headedText({ of: 1 }, text), 100)).toEqual({ head: { of: 1 }, text });
  expect(parseHeaded(shape, headedText({ of: 1 }), 100)).toEqual({ head: { of: 1 }, text: "" });
});

test("what is too long, of another shape, or no JSON is nothing", () => {
  expect(parseHeaded(shape, headedText({ of: 1 }, "x".repeat(100)), 100)).toBeUndefined();
  expect(parseHeaded(shape, headedText({ of: "1" }, "x"), 100)).toBeUndefined();
  expect(parseHeaded(shape, "\n{}", 100)).toBeUndefined();
  expect(parseJson(shape, '{"of":1}', 7)).toBeUndefined();
});
