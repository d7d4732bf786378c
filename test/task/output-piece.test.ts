import { expect, test } from "vitest";
import { MAX_PIECE } from "../../src/task/output.ts";
import { pieceOf } from "../../src/task/output-piece.ts";

const of = (bytes: Buffer) => ({
  size: bytes.length,
  read: async (from: number, length: number) => bytes.subarray(from, from + length),
});
const source = of(Buffer.from("one\ntwo\nthree\nhalf"));

test("a piece is whole lines, from the first that begins there or later", async () => {
  expect(await pieceOf(source, { from: 0, bytes: 100 })).toEqual({ from: 0, to: 14, text: "one\ntwo\nthree\n" });
  expect(await pieceOf(source, { from: 4, bytes: 4 })).toEqual({ from: 4, to: 8, text: "two\n" });
  expect(await pieceOf(source, { from: 5, bytes: 100 })).toEqual({ from: 8, to: 14, text: "three\n" });
  expect(await pieceOf(source, { bytes: 11 })).toEqual({ from: 8, to: 14, text: "three\n" });
  expect(await pieceOf(source, { from: 14, bytes: 100 })).toEqual({ from: 14, to: 14, text: "" });
});

test("what stands before a place ends exactly there", async () => {
  expect(await pieceOf(source, { until: 8, bytes: 100 })).toEqual({ from: 0, to: 8, text: "one\ntwo\n" });
  expect(await pieceOf(source, { until: 8, bytes: 5 })).toEqual({ from: 4, to: 8, text: "two\n" });
  expect(await pieceOf(source, { until: 0, bytes: 5 })).toEqual({ from: 0, to: 0, text: "" });
});

test("whoever asks behind the end gets the end", async () => {
  expect(await pieceOf(source, { from: 500, bytes: 11 })).toMatchObject({ from: 8, text: "three\n" });
});

test("a line that is longer than what was asked for is read to its end, and shown cut", async () => {
  const long = of(Buffer.from(`${"x".repeat(300_000)}\nnext\n`));
  const first = await pieceOf(long, { from: 0, bytes: 1_000 });
  expect(first).toMatchObject({ from: 0, text: expect.stringMatching(/^x{4094,4096}…\n/) });
  expect(first.to).toBeGreaterThan(300_000);
  expect((await pieceOf(long, { bytes: 1_000 })).text).toBe("next\n");
});

test("no piece is larger than an answer may be, whatever the bytes become", async () => {
  const bad = of(Buffer.alloc(200_000, Buffer.concat([Buffer.alloc(99, 0xff), Buffer.from("\n")])));
  for (let at = 0; at < bad.size; ) {
    const piece = await pieceOf(bad, { from: at, bytes: MAX_PIECE });
    expect(piece.from).toBe(at);
    expect(piece.to).toBeGreaterThan(at);
    expect(Buffer.byteLength(piece.text)).toBeLessThanOrEqual(MAX_PIECE);
    at = piece.to;
  }
});
