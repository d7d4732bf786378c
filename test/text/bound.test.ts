import { describe, expect, it } from "vitest";
import { cut, cutStart, joinLines, keepEnd, keepStart, oneLine, shorten } from "../../src/text/bound.ts";

describe("a text that is too long", () => {
  it("is cut with a word about it", () => {
    expect(keepStart("abcdef", 2)).toBe("ab\n[… 4 more characters left out]");
    expect(keepEnd("abcdef", 2)).toBe("[… 4 earlier characters left out]\nef");
    expect(keepStart("ab", 2)).toBe("ab");
    expect(keepEnd("ab", 2)).toBe("ab");
    expect(oneLine(" a \n b ".repeat(10), 8)).toBe("a b a b…");
    expect(shorten("abcdef", 4)).toBe("abc…");
    expect(joinLines(" a \n\t b ")).toBe("a b");
  });

  it("never ends or begins with half a character, and never grows", () => {
    const text = "a🚲b🚲🚲c";
    for (let limit = 0; limit <= text.length + 1; limit++) {
      for (const part of [cut(text, limit), cutStart(text, limit)]) {
        expect(part.isWellFormed()).toBe(true);
        expect(part.length).toBeLessThanOrEqual(limit);
        expect(text).toContain(part);
      }
      for (const said of [keepStart(text, limit), keepEnd(text, limit), shorten(text, limit), oneLine(text, limit)]) {
        expect(said.isWellFormed()).toBe(true);
        expect(said).not.toContain("\ufffd");
      }
    }
    expect(cut("ab", -1)).toBe("");
    expect(cutStart("ab", -1)).toBe("");
  });
});
