/** How a turn of the agent ended, whatever ended its program: what its adapter judges, a deadline, or what the host knows better. */
import type { OverLimit } from "../../src/task/in-force.ts";
import type { Verdict } from "../agents/adapter.ts";
import { modelOutOfReach } from "../network/make-policy.ts";
import { allUsed } from "./budget.ts";
import type { Ground } from "./ground.ts";
import type { Run, Shared } from "./run.ts";
import type { RunRecord } from "./run-record.ts";
import type { Missed } from "./step/deadlines.ts";
import type { StepResult } from "./step/run-step.ts";
import { networkUse } from "./step/step-outlet.ts";

/** `missed`: the deadline for which it was stopped; `over`: the limit. */
export type TurnEnd = { verdict: Verdict; exitCode?: number; missed?: Missed; over?: OverLimit };

/** Throws the interruption of a run that was interrupted. */
export const endOfTurn = (shared: Shared, run: Run, ground: Ground, result: StepResult): TurnEnd =>
  blamingTheNetwork(shared, run, ground, ended(result, run.folder.record));

/**
 * A model that is out of reach shows as anything: refused credentials, a crash, silence. Where the host knows better, that
 * is the cause, and a deadline does not hide it.
 */
function blamingTheNetwork({ network, operator, env }: Shared, run: Run, { agent }: Ground, end: TurnEnd): TurnEnd {
  if (end.verdict.ok || end.over || !network) return end;
  const reason = modelOutOfReach({ operator, agent, env }, networkUse(run.folder)?.places);
  if (!reason) return end;
  return { verdict: { ok: false, reason: "config", message: `The agent's model is out of its reach: ${reason}` } };
}

function ended(result: StepResult, record: RunRecord): TurnEnd {
  switch (result.kind) {
    case "ended":
      return { verdict: result.verdict, exitCode: result.exitCode };
    case "turn ended":
      return { verdict: { ok: true } };
    case "missed":
      return { verdict: { ok: false, reason: "interrupted", message: "A deadline passed." }, missed: result.missed };
    case "over limit":
      return {
        verdict: { ok: false, reason: "interrupted", message: "A limit was reached." },
        over: result.over,
      };
    case "flooded":
      return {
        verdict: { ok: false, reason: "crash", message: "The agent wrote more than 200 MB of output and was stopped." },
      };
    case "lost":
      return {
        verdict: {
          ok: false,
          reason: "crash",
          message: "The agent's process disappeared without an exit code: it was killed from outside.",
        },
      };
    case "spent":
      return { verdict: { ok: false, reason: "budget", message: allUsed(record) } };
    case "interrupted":
      throw result.interruption;
  }
}
