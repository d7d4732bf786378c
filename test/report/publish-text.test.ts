import { describe, expect, test } from "vitest";
import { MAX_TEXT, publishText, publishTitle, REDACTED, stripControls } from "../../src/report/publish-text.ts";
import { blockQuote, code, fence, mention, neutralise, plain } from "../../src/report/quote.ts";

const ESC = "\u001b";
const token = `ghs_${"1234567"}_${"eyJhbGciOiJSUzI1NiJ9".repeat(8)}.${"abc-DEF_123".repeat(12)}.${"sig".repeat(30)}`;
const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----";

/** Pieces that hostile text is made of; a seeded mixture of them is each property's input. */
const PIECES = [
  "@maintainer",
  "@octo-org/team",
  "#12",
  "GH-7",
  "fixes #3",
  "Closes: octo-org/sample#4",
  "https://github.example/octo-org/sample/issues/5",
  "![beacon](https://attacker.example/x.png)",
  '<img src="https://attacker.example/y.png">',
  "<!-- orch-app:1 kind=progress -->",
  "\n/orch cancel",
  "\n   /ORCH cancel",
  "\n> /orch help",
  "```",
  "`````",
  "~~~",
  `${ESC}[31mred${ESC}[0m`,
  `${ESC}]52;c;aGVsbG8=\u0007`,
  `${ESC}]8;;https://attacker.example${ESC}\\link`,
  `${ESC}P1;2q`,
  `${ESC}${ESC}[[2J`,
  "\u009b2J",
  "\u202eevil\u202c",
  "\u2066x\u2069",
  "\u{e0041}\u{e0042}",
  "@\u200bmaintainer",
  "#\u200b9",
  "/\u200borch cancel",
  "/or\u00adch cancel",
  "\r",
  "\r\n",
  "\n",
  "\u0000\u0008\u007f",
  "\ud800",
  "👩‍💻",
  "words and words",
  "|",
  "\\",
  "</details>",
  "[text](javascript:alert(1))",
  "www.attacker.example",
  token,
  pem,
];

/** Small and seeded (mulberry32), so that a failing case can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function hostile(seed: number): string {
  const next = random(seed);
  const length = 1 + Math.floor(next() * 20);
  return Array.from({ length }, () => PIECES[Math.floor(next() * PIECES.length)]).join(next() < 0.5 ? "" : " ");
}

const inputs = [...PIECES, ...Array.from({ length: 500 }, (_, seed) => hostile(seed))];

const CONTROL = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\u{e0000}-\u{e007f}]/u;

function expectHarmless(text: string): void {
  expect(text.replaceAll("\n", "").replaceAll("\t", "")).not.toMatch(CONTROL);
  expect(text).not.toMatch(/^[\s>]*\/orch/im);
  expect(text).not.toMatch(/ghs_[A-Za-z0-9._-]{36,}|BEGIN RSA PRIVATE KEY/);
}

/** GitHub would act on none of this, whether Markdown is read (a comment) or not (a squashed commit's message). */
function expectInert(text: string): void {
  expectHarmless(text);
  expect(text).not.toMatch(/@[\w-]/);
  expect(text).not.toMatch(/#\d/);
  expect(text).not.toMatch(/GH-\d/i);
  expect(text).not.toMatch(/\/issues\/\d/);
  expect(text).not.toContain("<!--");
}

describe("whatever comes in", () => {
  test("nothing that goes out controls, hides, leaks or commands", () => {
    for (const input of inputs) expectHarmless(publishText(input));
  });

  test("publishing what was published changes nothing", () => {
    for (const input of inputs) {
      const once = publishText(input);
      expect(publishText(once)).toBe(once);
    }
  });

  test("a title is one harmless line that GitHub takes, and never empty", () => {
    for (const input of [...inputs, "x".repeat(1_000), " \n "]) {
      const title = publishTitle(neutralise(input), "otherwise");
      expectInert(title);
      expect(title).not.toContain("\n");
      expect(title.length).toBeGreaterThan(0);
      expect(title.length).toBeLessThanOrEqual(256);
    }
  });

  test("a fence cannot be left from inside, and what is in it is inert", () => {
    for (const input of inputs) {
      const block = fence(input);
      if (block === undefined) continue;
      expectInert(block);
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
      const marks = /^`+/.exec(text)?.[0] ?? "";
      expect(text.endsWith(marks)).toBe(true);
      expect(text.slice(marks.length, -marks.length)).not.toMatch(new RegExp(`(?<!\`)${marks}(?!\`)`));
    }
  });

  test("plain words have no markup, image, link or HTML left", () => {
    for (const input of inputs) {
      for (const text of [plain(input), blockQuote(input)]) {
        expectInert(text);
        expect(text).not.toMatch(/(?<!\\)[*_`[\]!|~]/);
        expect(text).not.toContain("<");
        expect(text).not.toMatch(/https?:\/\//);
        expect(text).not.toMatch(/www\./);
      }
    }
  });

  test("a block quote never ends before the text does", () => {
    for (const input of inputs) {
      for (const line of blockQuote(input).split("\n")) expect(line).toMatch(/^>/);
    }
  });
});

describe("publishText", () => {
  test("cuts what GitHub would not take, and says so", () => {
    const text = publishText("é👩".repeat(40_000));
    expect(text.length).toBeLessThanOrEqual(MAX_TEXT);
    expect(text).toContain("… cut here");
    expect(text.isWellFormed()).toBe(true);
  });

  test("leaves ordinary Markdown as it is", () => {
    const text =
      "### Title\n\n- [x] `code` and **bold** by @maintainer, see #12\n\n> quote 👩‍💻\n\n<details>\n\tx\n</details>";
    expect(publishText(text)).toBe(text);
  });

  test.each([
    ["an installation token", "ghs_16C7e42F292c6912E7710c838347Ae178B4a"],
    ["an installation token of the long form", token],
    ["a personal token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
    ["a fine-grained token", `github_pat_11ABCDEFG0${"abcDEF123".repeat(8)}`],
    ["a model provider's key", "sk-ant-api03-abcdefghijklmnop"],
    ["a private key", pem],
    ["a private key without its beginning", `${"QUJD".repeat(16)}\n${"QUJD".repeat(4)}\n-----END PRIVATE KEY-----`],
    ["a private key without its end", "-----BEGIN PRIVATE KEY-----\nMIIEow\nabc"],
    ["a JSON web token", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NSJ9.c2lnbmF0dXJlcw"],
    ["credentials in a URL", "https://x-access-token:secret@host/"],
  ])("blanks %s", (_, secret) => {
    const text = publishText(`before\n${secret}\nafter`);
    for (const line of secret.split("\n")) expect(text).not.toContain(line);
    expect(text).toContain(REDACTED);
  });

  test("blanks a token that colours or invisible characters were put into", () => {
    const split = `ghs_16C7e42F292c${ESC}[1m6912E7710c838347\u200bAe178B4a`;
    expect(fence(split)).toContain(REDACTED);
  });
});

test("colours are removed and the words stay", () => {
  expect(stripControls(`${ESC}[1;31mfailed${ESC}[0m: 2\r\nnext ${ESC}]0;title\u0007line`)).toBe("failed: 2\nnext line");
});

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
