/** What a task waits for, and why it ends if it does: its agent is none of those that there are, or a deadline has passed. Pure. */
import type { Outcome } from "../task/outcome.ts";
import type { Task } from "../task/task.ts";
import type { Unaffordable } from "./funds.ts";
import type { Readiness } from "./readiness.ts";
import { cannotAfford } from "./unaffordable.ts";

export const reasonsOf = (readiness: Readiness) => (readiness.kind === "waits" ? readiness.reasons : []);

/** Undefined where it goes on waiting. */
export function endOf({ spec, state }: Task, readiness: Readiness, at: number): Outcome | undefined {
  if (readiness.kind === "refused") return { kind: "refused", reason: noSuchAgent(readiness) };
  if (readiness.kind === "unaffordable")
    return { kind: "out_of_budget", message: cannotAfford(readiness.why), lastLines: "", ...envelopeOf(readiness.why) };
  const late = reasonsOf(readiness).filter(({ until }) => until <= at);
  if (late.length === 0) return undefined;
  const since = state.name === "waiting" ? state.since : spec.acceptedAt;
  return { kind: "timed_out", deadline: "waiting", afterMs: at - since, lastLines: "", waitedFor: late };
}

const envelopeOf = (why: Unaffordable) => (why.what === "short" ? { of: why.of } : {});

function noSuchAgent({ agent, known }: Extract<Readiness, { kind: "refused" }>): string {
  return `No worker host has offered the agent ${agent} within the last seven days. There are: ${known.join(", ")}.`;
}
