import { describe, expect, test } from "vitest";
import { newLines } from "../../demo/timeline.ts";

describe("what the timeline tells of an agent's last lines", () => {
  test("at first all of them", () => {
    expect(newLines("", "I look.\n\n▸ shell npm test")).toEqual(["I look.", "▸ shell npm test"]);
  });

  test("then what came after", () => {
    expect(newLines("one\ntwo", "one\ntwo\nthree")).toEqual(["three"]);
  });

  test("nothing twice when the older ones have left the window", () => {
    expect(newLines("one\ntwo\nthree", "two\nthree\nfour")).toEqual(["four"]);
    expect(newLines("one\nsame\nsame", "same\nsame\nsame")).toEqual(["same"]);
  });

  test("all of them when more was said than the window holds", () => {
    expect(newLines("one\ntwo", "seven\neight")).toEqual(["seven", "eight"]);
  });

  test("a call that has failed meanwhile, and nothing of what was said around it", () => {
    expect(newLines("I look.\n▸ shell npm test", "I look.\n✘ shell npm test\n2 failing")).toEqual([
      "✘ shell npm test",
      "2 failing",
    ]);
    expect(newLines("one\n▸ shell a\n▸ shell b", "▸ shell a\n✘ shell b")).toEqual(["✘ shell b"]);
  });

  test("nothing when nothing was said", () => {
    expect(newLines("one\ntwo", "one\ntwo")).toEqual([]);
  });
});
