import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MAX_TEXT, publishText, publishTitle } from "../../src/report/publish-text.ts";
import { title } from "../../src/text/quote.ts";
import { REDACTED } from "../../src/text/secret-patterns.ts";
import { ESC, expectHarmless, expectInert, inputs, pem, token } from "../text/hostile-text.ts";

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
      const line = publishTitle(title(input), "otherwise");
      expectInert(line);
      expect(line).not.toContain("\n");
      expect(line.length).toBeGreaterThan(0);
      expect(line.length).toBeLessThanOrEqual(256);
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
});

/** A time that grows with the square of the length would be minutes here, and the test's own limit its end. */
test.each(["\n", " ", ">", "> ", "\t\n", "[", "`", "<!--", "-----BEGIN A-----\n", `${ESC}[`, "a://b:"])(
  "a long text of nothing but %j is read once",
  (piece) => {
    const text = piece.repeat(Math.ceil(100_000 / piece.length));
    expect(publishText(text).length).toBeLessThanOrEqual(MAX_TEXT);
  },
);

test("every call that takes text to GitHub stands in a file that publishes it", () => {
  const writing =
    /\b(?:issues|pulls|checks|repos|reactions|git)\.(?:create|update|add|submit)(?!ForIssue|ForPullRequest|Label|InstallationAccessToken|Labels\b)\w*\(/;
  const src = new URL("../../src", import.meta.url).pathname;
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const writers = files.filter((file) => writing.test(readFileSync(join(src, file), "utf8")));
  expect(writers.sort()).toEqual([
    "report/check-run.ts",
    "report/commit-status.ts",
    "report/own-comment.ts",
    "report/post-review.ts",
    "report/pull-request.ts",
    "schedules/schedule-issue.ts",
    "schedules/tell-problem.ts",
  ]);
  const choke = /import \{[^}]*\b(?:publishText|publishTitle|pullRequestBody)\b/;
  for (const file of writers) expect(readFileSync(join(src, file), "utf8")).toMatch(choke);
});
