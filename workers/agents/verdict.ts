/**
 * What all verdicts have in common: an exit code's general meaning and a message that ends with the program's own last
 * words. Each adapter adds what only its program means.
 */

import { keepEnd } from "../../src/text/bound.ts";
import { visibleText } from "../../src/text/clean.ts";
import type { Evidence, Verdict } from "./adapter.ts";
import type { ErrorReason } from "./event.ts";

const messageLength = 2_000;

/** Exit codes above 128 of these signals: somebody ended the program (HUP, INT, QUIT, KILL, TERM). */
const endedBySignal = new Set([129, 130, 131, 137, 143]);

/** The shells' convention (POSIX sh, 2.8.2): 126 not executable, 127 not found, 128 + n ended by signal n. */
export function reasonOfExit(exitCode: number): ErrorReason {
  if (exitCode === 126 || exitCode === 127) return "config";
  return endedBySignal.has(exitCode) ? "interrupted" : "crash";
}

/** The reason behind an HTTP status of the model's service; undefined below 400. */
export function reasonOfStatus(status: number): ErrorReason | undefined {
  if (status === 401 || status === 403) return "auth";
  if (status === 402) return "budget";
  if (status === 429 || status === 529) return "rate_limit";
  if (status >= 500) return "server";
  return status >= 400 ? "bad_request" : undefined;
}

/** A failed verdict: what happened, then the details that the program gave, bounded. */
export function failed(reason: ErrorReason, what: string, details = ""): Verdict {
  const shown = keepEnd(visibleText(details).trim(), messageLength);
  return { ok: false, reason, message: shown === "" ? what : `${what}: ${shown}` };
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
      stderrTail,
    );
  }
  if (final) {
    const reason = final.reason ?? lastError?.reason ?? "crash";
    return failed(reason, "The agent reported a failure", final.text ?? lastError?.message ?? stderrTail);
  }
  const reason =
    reasonWithoutFinal(evidence) ?? lastError?.reason ?? (exitCode === 0 ? "interrupted" : reasonOfExit(exitCode));
  const what = `The agent ended with exit code ${exitCode} without saying how it went`;
  return failed(reason, what, lastError?.message ?? stderrTail);
}
