/**
 * An agent that was stopped before it said that it was done may have done its work all the same. Where the repository has a
 * check, and operator and repository let it, what there is by then is checked, and offered when it passes.
 */
import type { OverLimit } from "../../src/task/in-force.ts";
import type { Stopped } from "../../src/task/outcome.ts";
import type { Verdict } from "../agents/adapter.ts";
import type { OperatorFile } from "../operator-file.ts";
import type { Prepared } from "./run-record.ts";
import type { Missed } from "./step/deadlines.ts";

/** Undefined when it ended in another way. */
export function stoppedBy({
  verdict,
  missed,
  over,
}: {
  verdict: Verdict;
  missed?: Missed;
  over?: OverLimit;
}): Stopped | undefined {
  if (over) return { by: "limit", ...over };
  if (missed) return { by: "deadline", ...missed };
  if (verdict.ok) return undefined;
  const { reason, message } = verdict;
  return reason === "budget" || reason === "turn_limit" ? { by: "budget", message } : undefined;
}

/** Without a check nothing says that work which nobody called done is good. */
export function isOfferedWhenStopped(operator: Pick<OperatorFile, "onStop">, prepared: Prepared): boolean {
  return prepared.verify !== undefined && operator.onStop === "publish" && prepared.onStop !== "keep";
}
