import { describe, expect, it } from "vitest";
import { lineSplitter } from "../../../workers/agents/lines.ts";
import { keepEnd, keepStart, oneLine, visibleText } from "../../../workers/agents/visible-text.ts";

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

  it("survive a buffer that its owner uses again", () => {
    const buffer = Buffer.from("abc");
    const splitter = lineSplitter();
    splitter.push(buffer);
    buffer.write("xyz");
    expect(splitter.end()).toEqual([{ text: "abc" }]);
  });
});

describe("visible text", () => {
  it("keeps letters of all scripts, emoji and line breaks", () => {
    const text = "Größe 日本語 עברית ❤️ 🚲\n\tindented";
    expect(visibleText(text)).toBe(text);
  });

  it.each([
    ["colours", "\u001b[1;31mred\u001b[0m", "red"],
    ["a title", "\u001b]0;title\u001b\\red", "red"],
    ["a sequence that is cut off", "red\u001b[1;3", "red"],
    ["a device string", "\u001bPevil\u001b\\red", "red"],
    ["eight-bit controls", "\u009b31mr\u0085ed", "r\ned"],
    ["a progress bar", "10%\r20%\r\nred", "10%\n20%\nred"],
    ["lone surrogates", "r\ud800ed", "r\ufffded"],
  ])("loses %s", (_, raw, shown) => {
    expect(visibleText(raw)).toBe(shown);
  });

  it("is cut with a word about it", () => {
    expect(keepStart("abcdef", 2)).toBe("ab\n[… 4 more characters left out]");
    expect(keepEnd("abcdef", 2)).toBe("[… 4 earlier characters left out]\nef");
    expect(keepStart("ab", 2)).toBe("ab");
    expect(oneLine(" a \n b ".repeat(10), 8)).toBe("a b a b…");
  });
});
