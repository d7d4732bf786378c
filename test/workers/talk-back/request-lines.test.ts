import { describe, expect, test } from "vitest";
import { idOf, MAX_REQUEST_BYTES, requestLines } from "../../../workers/talk-back/request-lines.ts";

const bytes = (text: string) => Buffer.from(text);

test("lines come whole, in whatever pieces their bytes arrive", () => {
  const lines = requestLines();
  const all = bytes('{"a":"ü"}\n\n{"b":2}\n{"c"');
  const found = [...all].flatMap((byte) => lines.push(Uint8Array.of(byte)));
  expect(found).toEqual([{ text: '{"a":"ü"}' }, { text: "" }, { text: '{"b":2}' }]);
  expect(lines.push(bytes(":3}\n"))).toEqual([{ text: '{"c":3}' }]);
});

describe("of a line that is too long", () => {
  test("only the ends are kept, and the next one is read again", () => {
    const lines = requestLines();
    const chunk = Buffer.alloc(MAX_REQUEST_BYTES, "x");
    const found = [bytes('{"id":7,"a":"'), ...Array.from({ length: 160 }, () => chunk), bytes('"}\n{"b":1}\n')].flatMap(
      (piece) => lines.push(piece),
    );
    expect(found).toHaveLength(2);
    const [tooLong] = found;
    if (!tooLong || !("tooLong" in tooLong)) throw new Error("it was taken");
    expect(tooLong.tooLong.start).toMatch(/^\{"id":7,"a":"x+$/);
    expect(tooLong.tooLong.end).toMatch(/^x+"\}$/);
    expect(tooLong.tooLong.start.length + tooLong.tooLong.end.length).toBeLessThan(2_000);
    expect(found[1]).toEqual({ text: '{"b":1}' });
  });

  test("the longest line that is taken is", () => {
    const line = "x".repeat(MAX_REQUEST_BYTES);
    expect(requestLines().push(bytes(`${line}\n`))).toEqual([{ text: line }]);
    expect(requestLines().push(bytes(`${line}y\n`))).toEqual([{ tooLong: expect.anything() }]);
  });

  test("its id is found where clients write it, first or last, and nowhere within its texts", () => {
    expect(idOf({ start: '{"jsonrpc":"2.0","id":12,"method":"tools/call","params":{"a":"', end: '"}}' })).toBe(12);
    expect(idOf({ start: '{"method":"tools/call","params":{"a":"', end: '"}},"jsonrpc":"2.0","id":"x-1"}' })).toBe(
      "x-1",
    );
    expect(idOf({ start: '{"params":{"text":"', end: '"id":5 and more"}}' })).toBeUndefined();
    expect(idOf({ start: '{"params":{"id":5,"text":"', end: '"}}' })).toBeUndefined();
  });
});
