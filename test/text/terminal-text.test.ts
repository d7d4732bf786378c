/** Whatever a program prints, only what is visible and harmless reaches whoever watches. */
import { describe, expect, test } from "vitest";
import { MAX_LINE, terminalFilter, terminalText, withoutStyles } from "../../src/text/terminal-text.ts";
import { type Random, randomFrom } from "../support/random.ts";

const ESC = "\u001b";

/** What a terminal, or a browser, has been attacked with. */
const HOSTILE = [
  `${ESC}]52;c;ZXZpbA==\u0007`,
  `${ESC}]52;c;?${ESC}\\`,
  `${ESC}]0;a title\u0007`,
  `${ESC}[c`,
  `${ESC}[>c`,
  `${ESC}[6n`,
  `${ESC}P$q"p${ESC}\\`,
  `${ESC}[?2026$p`,
  `${ESC}]4;1;?\u0007`,
  `${ESC}]10;?\u0007`,
  `${ESC}[21t`,
  `${ESC}[?1000h`,
  `${ESC}[?1004h`,
  `${ESC}[?1049h`,
  `${ESC}]8;;javascript:alert(1)${ESC}\\click${ESC}]8;;${ESC}\\`,
  `${ESC}]8;;https://evil.example${ESC}\\click${ESC}]8;;${ESC}\\`,
  `${ESC}[999999999S`,
  `${ESC}[1000000000L`,
  `${ESC}[1000000M`,
  `${ESC}[2J`,
  `${ESC}[H`,
  `${ESC}c`,
  `${ESC}#8`,
  `${ESC}[12345678901234567m`,
  `${ESC}[38:2::1:2:3m`,
  `${ESC}[>4;1m`,
  `${ESC}[?4m`,
  `${ESC}\u200b[2J`,
  `${ESC}`,
  `${ESC}[`,
  `${ESC}]`,
  `${ESC}P`,
  "\u009b2J",
  "\u009d0;t\u009c",
  "\u0000",
  "\b\b\b",
  "\r",
  "\u007f",
  "\u0085",
  "\u2028",
  "\u202e",
  "\u2066",
  "\u200b",
  "\u200d",
  "\ufeff",
  "\u{e0041}",
  "\ud800",
  "<img src=x onerror=alert(1)>",
  "</script>",
] as const;
const HARMLESS = [
  "words ",
  "\t",
  "\n",
  "字",
  "👩‍👩‍👧 ",
  "é",
  `${ESC}[0m`,
  `${ESC}[m`,
  `${ESC}[1;31m`,
  `${ESC}[38;5;196m`,
] as const;

const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there
  /(?!\u001b\[[0-9;]{0,16}m)[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|[\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\ufeff]|[\u{e0000}-\u{e007f}]|\p{Cs}/u;

function randomBytes(random: Random): Buffer {
  const parts = Array.from({ length: 1 + random.below(40) }, () => {
    const which = random.below(10);
    if (which === 0) return Buffer.from([128 + random.below(128), random.below(256)]);
    if (which === 1) return Buffer.from("x".repeat(random.below(3 * MAX_LINE)));
    return Buffer.from(which < 6 ? random.pick(HOSTILE) : random.pick(HARMLESS));
  });
  return Buffer.concat(parts);
}

function filtered(pieces: readonly Uint8Array[]): string {
  const filter = terminalFilter();
  return pieces.map((piece) => filter.push(piece)).join("") + filter.end();
}

function inPieces(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const length = 1 + random.below(random.below(2) === 0 ? 3 : 2_000);
    pieces.push(bytes.subarray(from, from + length));
    from += length;
  }
  return pieces;
}

test.each(HOSTILE)("nothing but visible text is left of %j", (sequence) => {
  expect(terminalText(`before${sequence}after`)).not.toMatch(FORBIDDEN);
  expect(terminalText(sequence)).not.toContain(ESC);
});

describe.each(Array.from({ length: 10 }, (_, nth) => nth + 1))("of anything that is printed (seed %i)", (seed) => {
  const random = randomFrom(seed);
  const cases = Array.from({ length: 60 }, () => randomBytes(random));

  test("only visible text, line ends, tabs and colours are left, in lines that are bounded", () => {
    for (const bytes of cases) {
      const text = filtered([bytes]);
      expect(text).not.toMatch(FORBIDDEN);
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(MAX_LINE);
    }
  });

  test("the same is left wherever it is cut into pieces, and once more changes nothing", () => {
    for (const bytes of cases) {
      const text = filtered([bytes]);
      expect(filtered(inPieces(bytes, random)) === text, JSON.stringify(text.slice(0, 500))).toBe(true);
      expect(terminalText(text) === text, JSON.stringify(text.slice(0, 500))).toBe(true);
    }
  });

  test("whoever goes on where a line has ended gets the rest of it", () => {
    for (const bytes of cases) {
      const filter = terminalFilter();
      const before = filter.push(bytes.subarray(0, random.below(bytes.length + 1)));
      expect(before + filtered([bytes.subarray(filter.taken())])).toBe(filtered([bytes]));
    }
  });
});

test("colours stay, and can be left out", () => {
  const text = `${ESC}[1;31mred${ESC}[0m and\tplain`;
  expect(terminalText(text)).toBe(text);
  expect(withoutStyles(text)).toBe("red and\tplain");
});

test("a line that is too long ends with a sign of that, and the next one is whole", () => {
  const text = filtered([Buffer.from(`${"字".repeat(2_000)}\nnext\n`)]);
  expect(text).toMatch(/^字{1364,1365}…\nnext\n$/);
  expect(terminalText(`${"x".repeat(MAX_LINE - 3)}${ESC}[31mred`)).toBe(`${"x".repeat(MAX_LINE - 3)}…`);
});

test("a flood without an end of line is not held", () => {
  const filter = terminalFilter();
  for (let nth = 0; nth < 1_000; nth++) expect(filter.push(Buffer.alloc(64 * 1024, "x"))).toBe("");
  expect(filter.taken()).toBe(0);
  expect(filter.push(Buffer.from("\n")).length).toBeLessThanOrEqual(MAX_LINE + 1);
  expect(filter.taken()).toBe(1_000 * 64 * 1024 + 1);
});
