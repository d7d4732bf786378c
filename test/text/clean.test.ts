import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { visibleText, withoutControls } from "../../src/text/clean.ts";
import { ESC, inputs } from "./hostile-text.ts";

describe("visible text", () => {
  it.each(["Größe 日本語 עברית ❤️ 🚲\n\tindented", "👩‍💻 👩🏽‍🚀 🏳️‍🌈 ❤️‍🔥 1️⃣ ☎️", "می‌خواهم ක්‍ෂ"])(
    "keeps letters of all scripts, emoji and line breaks: %s",
    (text) => {
      expect(visibleText(text)).toBe(text);
      expect(withoutControls(text)).toBe(text);
    },
  );

  it.each([
    ["colours", "\u001b[1;31mred\u001b[0m", "red"],
    ["a title", "\u001b]0;title\u001b\\red", "red"],
    ["a sequence that is cut off", "red\u001b[1;3", "red"],
    ["a device string", "\u001bPevil\u001b\\red", "red"],
    ["eight-bit controls", "\u009b31mr\u0085ed", "r\ned"],
    ["a progress bar", "10%\r20%\r\nred", "10%\n20%\nred"],
    ["lone surrogates", "r\ud800ed", "r\ufffded"],
    ["an escape with something invisible inside", "\u001b\u200b[31mred", "red"],
    ["joiners and emoji selectors that join and select nothing", "r\u200de\u200c\ufe0fd\u200d", "red"],
    ["fillers", "r\u3164e\u115fd", "red"],
    ["tags and reversals", "\u202er\u{e0041}e\u2066d", "red"],
  ])("loses %s", (_, raw, shown) => {
    expect(visibleText(raw)).toBe(shown);
  });

  it("is clean: cleaning it again changes nothing", () => {
    for (const input of inputs) expect(visibleText(visibleText(input))).toBe(visibleText(input));
  });

  it("keeps what stands below a string that does not end", () => {
    expect(visibleText(`${ESC}]0;never ended\nwords`)).toBe("\nwords");
  });
});

it("colours are removed from a text that we put together, its words stay", () => {
  expect(withoutControls(`${ESC}[1;31mfailed${ESC}[0m: 2\r\nnext ${ESC}]0;title\u0007line`)).toBe(
    "failed: 2\nnext line",
  );
});

it("Node's own function would leave escapes, which is why there is one of ours", () => {
  for (const raw of [`${ESC}Pevil${ESC}\\`, `${ESC}_evil${ESC}\\`, `red${ESC}`]) {
    expect(stripVTControlCharacters(raw)).toContain(ESC);
    expect(withoutControls(raw)).not.toContain(ESC);
  }
});
