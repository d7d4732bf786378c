/**
 * The one function that turns what was found of a run into an outcome. Exit 0 proves nothing: the agent's terminal event, the
 * commits on the branch and the repository's own verify command do. The order of the lines is the precedence.
 */
import { keepEnd } from "../text/bound.ts";
import type { OverLimit } from "./in-force.ts";
import type { Deadline, Outcome, StopCause, Stopped } from "./outcome.ts";
import type { Verification } from "./progress.ts";

/** What is known when a run's agent has ended, or was ended. */
export type Findings = {
  missed?: { deadline: Deadline; afterMs: number; cause?: StopCause | undefined };
  /** The limit that its agent was ended for. */
  over?: OverLimit;
  /** The adapter's verdict on the agent's last step. */
  verdict: { ok: true } | { ok: false; reason: string; message: string };
  exitCode?: number;
  /** Commits on the branch that its start did not have, leftovers included. */
  commits: number;
  verification?: Verification;
  /** Set where what a stopped agent has done passes the repository's check, and may be offered. */
  stopped?: Stopped;
  /** Why its commits cannot be published, as sentences. */
  inTheWay?: string | undefined;
  lastLines: string;
};

/** Characters of the agent's words that are kept beside what a failed check has printed, which says more. */
const WORDS_BESIDE_OUTPUT = 800;

export type Decision = { kind: "publish" } | { kind: "settle"; outcome: Outcome };

export function decide(findings: Findings): Decision {
  const { missed, over, verdict, verification, stopped, lastLines } = findings;
  if (stopped && findings.commits > 0 && verification?.exitCode === 0) return { kind: "publish" };
  if (missed) {
    const { deadline, afterMs, cause } = missed;
    return settle({ kind: "timed_out", deadline, afterMs, lastLines, ...(cause && { cause }) });
  }
  if (over) return settle({ kind: "over_limit", ...over, lastLines });
  if (!verdict.ok) return settle(failure(findings, verdict.reason, verdict.message));
  if (findings.inTheWay !== undefined) return settle({ kind: "refused", reason: findings.inTheWay });
  if (findings.commits === 0) return settle({ kind: "no_changes", lastWords: lastLines });
  if (verification && verification.exitCode !== 0)
    return settle({ kind: "verify_failed", verification, lastWords: keepEnd(lastLines, WORDS_BESIDE_OUTPUT) });
  return { kind: "publish" };
}

function settle(outcome: Outcome): Decision {
  return { kind: "settle", outcome };
}

function failure(findings: Findings, reason: string, message: string): Outcome {
  const { exitCode, lastLines } = findings;
  if (reason === "budget" || reason === "turn_limit") return { kind: "out_of_budget", message, lastLines };
  return { kind: "agent_failed", reason, message, exitCode, lastLines };
}
