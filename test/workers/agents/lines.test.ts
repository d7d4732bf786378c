import { describe, expect, it } from "vitest";
import { lineSplitter } from "../../../workers/agents/lines.ts";

describe("lines of a growing output", () => {
  it("are the same however the bytes arrive", () => {
    const output = Buffer.from("erste Zeile ü🚲\r\n\nthird\nlast");
    for (let size = 1; size <= output.length; size++) {
      const splitter = lineSplitter();
      const lines = [];
      for (let at = 0; at < output.length; at += size) lines.push(...splitter.push(output.subarray(at, at + size)));
      expect([...lines, ...splitter.end()]).toEqual([
        { text: "erste Zeile ü🚲" },
        { text: "" },
        { text: "third" },
        { text: "last" },
      ]);
    }
  });

  it("are dropped when they are too long, and the next one is whole again", () => {
    const splitter = lineSplitter(8);
    expect(splitter.push(Buffer.from("12345678\n123456"))).toEqual([{ text: "12345678" }]);
    expect(splitter.push(Buffer.from("789"))).toEqual([]);
    expect(splitter.push(Buffer.from("x\nok\n"))).toEqual([{ droppedBytes: 10 }, { text: "ok" }]);
    splitter.push(Buffer.from("0123456789"));
    expect(splitter.end()).toEqual([{ droppedBytes: 10 }]);
    expect(splitter.end()).toEqual([]);
  });

  it("that are drawn over and over are what stands in the end, however long that takes", () => {
    const frames = Array.from({ length: 40_000 }, (_, at) => `\rprogress ${at} of 40000 ▓▓▓`).join("");
    const splitter = lineSplitter();
    expect(splitter.push(Buffer.from(`start${frames}`))).toEqual([]);
    expect(splitter.drawing()).toBe("progress 39999 of 40000 ▓▓▓");
    expect(splitter.push(Buffer.from("\rab\x1b[K\nnext"))).toEqual([{ text: "ab" }]);
    expect(splitter.drawing()).toBeUndefined();
    expect(splitter.push(Buffer.from("\rX\n"))).toEqual([{ text: "Xext" }]);
  });

  it("survive a buffer that its owner uses again", () => {
    const buffer = Buffer.from("abc");
    const splitter = lineSplitter();
    splitter.push(buffer);
    buffer.write("xyz");
    expect(splitter.end()).toEqual([{ text: "abc" }]);
  });
});
