/**
 * What all verdicts have in common: an exit code's general meaning and a message that ends with the program's own last
 * words. Each adapter adds what only its program means.
 */

import { keepEnd } from "../../src/text/bound.ts";
import { visibleText } from "../../src/text/clean.ts";
import type { Evidence, Failure, Verdict } from "./adapter.ts";
import { lastMeaningfulLine, reasonOfText } from "./cause.ts";
import type { ErrorReason } from "./event.ts";
import { resetTimeIn } from "./reset-time.ts";

const messageLength = 2_000;

/** Exit codes above 128 of these signals: somebody ended the program (HUP, INT, QUIT, KILL, TERM). */
const endedBySignal = new Set([129, 130, 131, 137, 143]);

/** The shells' convention (POSIX sh, 2.8.2): 126 not executable, 127 not found, 128 + n ended by signal n. */
export function reasonOfExit(exitCode: number): ErrorReason {
  if (exitCode === 126 || exitCode === 127) return "config";
  return endedBySignal.has(exitCode) ? "interrupted" : "crash";
}

/** Reasons that say no more than that it failed; the program's words may say more. */
const VAGUE = new Set<ErrorReason>(["crash", "bad_request", "server", "rate_limit", "auth", "interrupted"]);

/** What the words make of a reason. A service that refuses a key or a request often says in words what else it is. */
export function refined(reason: ErrorReason, words: string): ErrorReason {
  return VAGUE.has(reason) ? (reasonOfText(words) ?? reason) : reason;
}

/**
 * A failed verdict: what happened, then the details that the program gave, bounded. Where these name a cause, or a time until
 * which the service takes no requests, that counts.
 */
export function failed(given: ErrorReason, what: string, details = ""): Failure {
  const reason = refined(given, details);
  const shown = keepEnd(visibleText(details).trim(), messageLength);
  const until = reason === "rate_limit" || reason === "usage_limit" ? resetTimeIn(details, Date.now()) : undefined;
  return {
    ok: false,
    reason,
    message: shown === "" ? what : `${what}: ${shown}`,
    ...(until !== undefined && { until }),
  };
}

/**
 * The rule of every agent that says how it went: exit 0 and a final event that says ok, and nothing less.
 * `reasonWithoutFinal` is asked only where the program said nothing.
 */
export function judgeByFinal(
  evidence: Evidence,
  reasonWithoutFinal: (evidence: Evidence) => ErrorReason | undefined = () => undefined,
): Verdict {
  const { exitCode, final, errors, stderrTail } = evidence;
  const lastError = errors.at(-1);
  if (final?.ok && exitCode === 0) return { ok: true };
  if (final?.ok) {
    return failed(
      reasonOfExit(exitCode),
      `The agent reported success but ended with exit code ${exitCode}`,
      lastMeaningfulLine(stderrTail),
    );
  }
  if (final) {
    const reason = final.reason ?? lastError?.reason ?? "crash";
    return failed(
      reason,
      "The agent reported a failure",
      final.text ?? lastError?.message ?? lastMeaningfulLine(stderrTail),
    );
  }
  const reason =
    reasonWithoutFinal(evidence) ?? lastError?.reason ?? (exitCode === 0 ? "interrupted" : reasonOfExit(exitCode));
  const what = `The agent ended with exit code ${exitCode} without saying how it went`;
  return failed(reason, what, lastError?.message ?? lastMeaningfulLine(stderrTail));
}
