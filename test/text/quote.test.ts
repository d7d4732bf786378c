import { describe, expect, test } from "vitest";
import { bare, blockQuote, code, fence, inTerminal, mention, plain, title } from "../../src/text/quote.ts";
import { REDACTED } from "../../src/text/secret-patterns.ts";
import { ESC, expectInert, inputs } from "./hostile-text.ts";

describe("whatever is quoted", () => {
  test("a block cannot be left from inside, and what is in it is inert", () => {
    for (const input of inputs) {
      const block = fence(input);
      if (block === undefined) continue;
      expectInert(block);
      if (block.startsWith("<pre>")) {
        expect(block.slice("<pre>".length, -"</pre>".length).replaceAll("<b></b>", "")).not.toMatch(/[<>]/);
        continue;
      }
      const lines = block.split("\n");
      const marks = lines[0]?.replace("text", "") ?? "";
      expect(lines.at(-1)).toBe(marks);
      const inner = lines.slice(1, -1).join("\n");
      expect(inner).not.toContain(marks);
    }
  });

  test("code stays within its marks and its line", () => {
    for (const input of inputs) {
      const text = code(input);
      expectInert(text);
      expect(text).not.toContain("\n");
      if (text.startsWith("<code>")) {
        expect(text).toMatch(/^<code>(?:[^<>]|<b><\/b>)*<\/code>$/);
        continue;
      }
      const marks = /^`+/.exec(text)?.[0] ?? "";
      expect(text.endsWith(marks)).toBe(true);
      expect(text.slice(marks.length, -marks.length)).not.toMatch(new RegExp(`(?<!\`)${marks}(?!\`)`));
    }
  });

  test("plain words have no markup, image, link or HTML of their own left", () => {
    for (const input of inputs) {
      for (const text of [plain(input), blockQuote(input)]) {
        expectInert(text);
        const words = text.replace(/<code>(?:[^<>]|<b><\/b>)*<\/code>/g, "");
        expect(words).not.toMatch(/(?<!\\)[*_`[\]!|~]/);
        expect(words).not.toContain("<");
        expect(text).not.toMatch(/https?:\/\//);
        expect(words).not.toMatch(/www\./);
      }
    }
  });

  test("a block quote never ends before the text does", () => {
    for (const input of inputs) {
      for (const line of blockQuote(input).split("\n")) expect(line).toMatch(/^>/);
    }
  });
});

test("blanks a token that colours or invisible characters were put into", () => {
  const split = `ghs_16C7e42F292c${ESC}[1m6912E7710c838347\u200bAe178B4a`;
  expect(fence(split)).toContain(REDACTED);
});

/** A time that grows with the square of the length would be minutes here, and the test's own limit its end. */
test.each(["\n", " ", ">", "> ", "\t\n", "[", "`", "<!--", "-----BEGIN A-----\n", `${ESC}[`, "a://b:"])(
  "a long text of nothing but %j is read once",
  (piece) => {
    const text = piece.repeat(Math.ceil(100_000 / piece.length));
    expect((fence(text) ?? "").length).toBeLessThan(20_000);
  },
);

test("a fence shows the last lines and the end of a long line", () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`).join("\n");
  expect(fence(lines, { lines: 2 })).toBe("```text\nline 98\nline 99\n```");
  expect(fence(`${"x".repeat(9_000)}end`)?.length).toBeLessThan(4_100);
  expect(fence(" \n\t\n")).toBeUndefined();
});

test("a login is mentioned, anything else is shown as code", () => {
  expect(mention("octo-user_corp")).toBe("@octo-user_corp");
  expect(mention("a b](x)")).toBe("`a b](x)`");
});

test("names are shown and copied as they are", () => {
  expect(code("orch/7-fix-the-parser-tabcdefg")).toBe("`orch/7-fix-the-parser-tabcdefg`");
  // In HTML, whose entities a page shows as the letters they stand for.
  expect(asShown(code("npx @octo/tool --fix #12"))).toBe("npx @octo/tool --fix #12");
  expect(asShown(plain("see src/@types/x.d.ts, #12 and (GH-7)."))).toBe("see src/@types/x.d.ts, #12 and (GH-7).");
  expect(asShown(plain("at https://octo.example/a_b?c=1."))).toBe("at https://octo.example/a_b?c=1.");
  expect(asShown(fence("@octo/tool: 1 < 2\nfixes #3") ?? "")).toBe("@octo/tool: 1 < 2\nfixes #3");
  expect(title("Bump @octo/tool, fixes #12 and octo-org/x#3, mail a@b.example")).toBe(
    "Bump octo/tool, fixes no. 12 and octo-org/x no. 3, mail a@b.example",
  );
});

/** What a person reads on the page: tags gone, entities read, backslashes taken for what they protect. */
function asShown(html: string): string {
  const names: Record<string, string> = { commat: "@", num: "#", sol: "/", colon: ":", lt: "<", gt: ">", lowbar: "_" };
  return html
    .replace(/<\/?(?:code|pre|b)>/g, "")
    .replace(/\\(.)/g, "$1")
    .replace(/&(\w+);/g, (entity, name: string) => names[name] ?? entity);
}

test("orders to skip the checks of a squashed commit stand in no text, title or code", () => {
  for (const words of [
    "[skip ci]",
    "[CI skip]",
    "[no ci]",
    "[skip actions]",
    "[ actions skip ]",
    "[skip-ci]",
    "***NO_CI***",
  ])
    for (const shown of [title(words), code(words), plain(words), fence(words), blockQuote(words)])
      expect(shown).not.toContain(words);
  expect(title("Title [skip ci]")).toBe("Title (skip ci)");
  expect(title("[skip this] and [ci]")).toBe("[skip this] and [ci]");
});

test("at a terminal words stand on one bounded line, and nothing in them moves its cursor or is a credential", () => {
  for (const input of inputs)
    for (const line of [bare(input, 80), inTerminal.plain(input, 80), inTerminal.code(input, 78)]) {
      expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      expect(line.length).toBeLessThanOrEqual(80);
    }
  expect(bare(`key ghp_${"a".repeat(36)} <b> @team #1`)).toBe(`key ${REDACTED} <b> @team #1`);
  expect(bare("x".repeat(600))).toHaveLength(500);
});
