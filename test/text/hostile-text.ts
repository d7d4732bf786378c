/** Text that tries to act on GitHub, on a terminal or on the bot itself, and what must be true of what became of it. */

import { expect } from "vitest";
import { randomFrom } from "../support/random.ts";

export const ESC = "\u001b";
export const token = `ghs_${"1234567"}_${"eyJhbGciOiJSUzI1NiJ9".repeat(8)}.${"abc-DEF_123".repeat(12)}.${"sig".repeat(30)}`;
export const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----";

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
  "[skip ci]",
  "[CI skip]",
  "***NO_CI***",
  "skip-checks: true",
  "#@#12",
  "src/@types/x.d.ts",
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

function hostile(seed: number): string {
  const { fraction, below, pick } = randomFrom(seed);
  const length = 1 + below(20);
  return Array.from({ length }, () => pick(PIECES)).join(fraction() < 0.5 ? "" : " ");
}

/** Every piece alone, and seeded mixtures of them. */
export const inputs = [...PIECES, ...Array.from({ length: 500 }, (_, seed) => hostile(seed))];

const CONTROL = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\u{e0000}-\u{e007f}]/u;

export function expectHarmless(text: string): void {
  expect(text.replaceAll("\n", "").replaceAll("\t", "")).not.toMatch(CONTROL);
  expect(text).not.toMatch(/^[\s>]*\/orch/im);
  expect(text).not.toMatch(/ghs_[A-Za-z0-9._-]{36,}|BEGIN RSA PRIVATE KEY/);
}

/** GitHub would act on none of this, whether Markdown is read (a comment) or not (a squashed commit's message). */
export function expectInert(text: string): void {
  expectHarmless(text);
  expect(text).not.toMatch(/(?<!\w)@[\w-]/);
  expect(text).not.toMatch(/#\d/);
  expect(text).not.toMatch(/\bGH-\d/i);
  expect(text).not.toMatch(/https?:\/\/\S+\/issues\/\d/);
  expect(text).not.toMatch(/\[\s*(?:skip|no|ci|actions)[ -](?:skip|ci|actions)\s*\]|\*{3}NO_CI\*{3}|skip-checks\s*:/i);
  expect(text).not.toContain("<!--");
  expect(text).not.toContain("\u200b");
}
