import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MAX_TEXT, publishText, publishTitle, REDACTED, stripControls } from "../../src/report/publish-text.ts";
import { blockQuote, code, fence, mention, neutralise, plain } from "../../src/report/quote.ts";
import { ESC, inputs, pem, token } from "./hostile-text.ts";

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

/** A time that grows with the square of the length would be minutes here, and the test's own limit its end. */
test.each(["\n", " ", ">", "> ", "\t\n", "[", "`", "<!--", "-----BEGIN A-----\n", `${ESC}[`, "a://b:"])(
  "a long text of nothing but %j is read once",
  (piece) => {
    const text = piece.repeat(Math.ceil(100_000 / piece.length));
    expect(publishText(text).length).toBeLessThanOrEqual(MAX_TEXT);
    expect((fence(text) ?? "").length).toBeLessThan(20_000);
  },
);

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

test("every call that takes text to GitHub stands in a file that publishes it", () => {
  const writing =
    /\.(?:issues|pulls|checks|repos|reactions|git)\.(?:create|update|add|submit)(?!ForIssueComment|Label|InstallationAccessToken|Labels\b)\w*\(/;
  const src = new URL("../../src", import.meta.url).pathname;
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const writers = files.filter((file) => writing.test(readFileSync(join(src, file), "utf8")));
  expect(writers.sort()).toEqual(["report/check-run.ts", "report/own-comment.ts", "report/pull-request.ts"]);
  const choke = /import \{[^}]*\b(?:publishText|pullRequestBody)\b/;
  for (const file of writers) expect(readFileSync(join(src, file), "utf8")).toMatch(choke);
});
