/**
 * Whether handing a failed check back to the agent once more makes no sense: it has been told of this very failure before, and
 * has made no commit since. Output differs from run to run where nothing does, in times, folders and addresses; so what is
 * compared is what is left without these.
 */
import { createHash } from "node:crypto";
import type { Verification } from "../../src/task/progress.ts";
import { visibleText } from "../../src/text/clean.ts";

/** What changes from one run of the same command to the next. */
const NOISE: readonly RegExp[] = [
  // 2026-11-27T14:03:11.512Z, 14:03:11
  /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?/g,
  /\b\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?\b/g,
  // 1.52s, 300 ms, 0.012 seconds, and `duration_ms 12.5` of TAP
  /\b\d+(?:[.,]\d+)?\s?(?:ns|[µμ]s|us|ms|s|m|h|sec|secs|min|mins|(?:milli|micro|nano)?seconds?|minutes?)\b/gi,
  /\b(?:duration|elapsed|time|took)(?:_\w+|\s+in)?\s*[:=]?\s*\d+(?:[.,]\d+)?/gi,
  // Throw-away folders, ports, addresses in memory, processes, and names that are made up anew each time.
  /(?:\/private)?(?:\/var)?\/tmp\/[^\s'"`:)\]]*/g,
  /\b(?:127\.0\.0\.1|localhost|\[::1?\]|0\.0\.0\.0):\d+/g,
  /\b0x[0-9a-f]+\b/gi,
  /\bpid[ =:]*\d+/gi,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
];

/** `keepEnd` cuts anywhere in a line. */
const CUT_BEGINNING = /^\[… \d+ earlier characters left out\]\n[^\n]*\n/;

/** What a command printed, without what is another each time. */
export const withoutNoise = (output: string): string =>
  NOISE.reduce((text, noise) => text.replace(noise, "~"), output.replace(CUT_BEGINNING, ""));

/** The same for two runs that failed in the same way. */
export function failureFingerprint({ command, exitCode, outputTail }: Verification): string {
  const plain = withoutNoise(visibleText(outputTail));
  // In any order: programs that run side by side print as they come.
  const lines = plain
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .sort();
  return createHash("sha256")
    .update(JSON.stringify([command, exitCode, lines]))
    .digest("hex")
    .slice(0, 16);
}

/** Told each failed check in turn; says whether it is the one before once more, on the very same commits. */
export function watchFailures(): (tip: string, failed: Verification) => boolean {
  let last: { tip: string; fingerprint: string } | undefined;
  return (tip, failed) => {
    const now = { tip, fingerprint: failureFingerprint(failed) };
    const isSame = last?.tip === now.tip && last.fingerprint === now.fingerprint;
    last = now;
    return isSame;
  };
}
