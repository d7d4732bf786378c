/**
 * Whether a check fails as it did before the work began, so that the work is not to blame. Output says more when there are more tests,
 * and other numbers; so what counts are the lines that speak of a failure: each of them has to stand in the earlier output as well.
 */
import type { Verification } from "../../src/task/progress.ts";
import { visibleText } from "../../src/text/clean.ts";
import { withoutNoise } from "../run/futile.ts";

/** How test runners, compilers and linters begin to speak of what is wrong, at the start of a word. */
const SPEAKS_OF_FAILURE =
  /\b(?:not ok|fail(?:s|ed|ure|ures|ing)?|error(?:s)?|exception|panic(?:ked)?|assert\w*|cannot|undefined|unexpected)\b|[✗✘×✖❌]/i;

export function failsAsBefore(now: Verification, before: Verification): boolean {
  if (before.exitCode === 0 || now.exitCode !== before.exitCode || now.command !== before.command) return false;
  const known = new Set(failuresIn(before));
  return failuresIn(now).every((line) => known.has(line));
}

function failuresIn({ outputTail }: Verification): string[] {
  const lines = withoutNoise(visibleText(outputTail)).split("\n");
  const spoken = lines.filter((line) => SPEAKS_OF_FAILURE.test(line));
  // Of an output without such a line, all of it counts.
  return (spoken.length > 0 ? spoken : lines).map((line) => line.replace(/\d+/g, "#").replace(/\s+/g, " ").trim());
}
