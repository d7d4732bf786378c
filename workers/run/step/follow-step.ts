/**
 * Everything that is watched and noted down while a step's program runs: what it says, what it uses of the machine and of its budget, what it
 * could not reach. `run-step.ts` says by what it ends; that is noted before it is stopped, so that the host's next life knows.
 */
import { oneLine } from "../../../src/text/bound.ts";
import { printedForms, withoutSecrets } from "../../../src/text/known-secrets.ts";
import { adapterFor } from "../../agents/adapters.ts";
import { isAnswer } from "../../agents/event.ts";
import { secretsOf } from "../../agents/secrets.ts";
import type { UseWatch } from "../../limits/watch-use.ts";
import type { RunningStep, StepSpec } from "../../tmux/sessions.ts";
import { readTimes } from "../../tmux/step-files.ts";
import type { Ground } from "../ground.ts";
import { tellAnswered } from "../limit.ts";
import { limitsOf } from "../role.ts";
import type { Run, Shared } from "../run.ts";
import { watchBudget } from "../watch-budget.ts";
import { makeProgressTeller } from "./progress-teller.ts";
import { runStep, STOP_GRACE_MS, type StepResult } from "./run-step.ts";
import { followServers } from "./servers.ts";
import { followUse } from "./step-limits.ts";
import type { FollowedOutlet } from "./step-outlet.ts";
import type { StepRecord } from "./step-record.ts";
import { showServersWindow } from "./team-window.ts";
import { worked } from "./worked.ts";

/** Of what is said of a connection that was blocked, in characters. */
const MAX_PLACE = 400;

export type Followed = { record: StepRecord; spec: StepSpec; running: RunningStep; outlet: FollowedOutlet | undefined };

/** `not begun`: its host went away between writing it down and letting it go. */
export type FollowedResult = StepResult | { kind: "not begun" };

/** A restart of the host leaves the program running, for its next life. */
export const isLeftRunning = (result: FollowedResult) =>
  result.kind === "interrupted" && result.interruption.kind === "handover";

export async function followStep(
  shared: Shared,
  run: Run,
  ground: Ground,
  { record, spec, running, outlet }: Followed,
): Promise<FollowedResult> {
  const isAgent = record.kind === "agent";
  const progress = makeProgressTeller(shared, run);
  const tellAnswer = once(() => tellAnswered(shared, run, ground, record.startedAt));
  const secrets = printedForms(secretsOf(ground.agent, shared.env));
  outlet?.onBlocked((places) => {
    for (const { host, port, why } of places)
      run.events.blocked(oneLine(withoutSecrets(`${host}:${port}: ${why}`, secrets), MAX_PLACE));
    progress.changed();
  });
  // An earlier life of the host was stopping it: how it ends says nothing any more.
  if (record.missed || record.turnEnded || record.spent) await running.stop(STOP_GRACE_MS);
  if (record.over) await running.stop(0);
  const servers = isAgent ? await followServers(run, record.name, secrets) : undefined;
  if (servers && !record.endedAt) showServersWindow(shared, run, { file: servers.transcript, pid: running.pid });
  const use = followUse(shared, run, ground, { record, running });
  const budget = isAgent ? watchBudget(shared, run, record, progress.changed) : undefined;
  try {
    const ended = await runStep({
      step: record,
      dir: spec.dir,
      transcript: spec.transcript,
      adapter: adapterFor(isAgent ? ground.agent.kind : "plain"),
      limits: limitsOf(shared.operator, run.task.spec),
      workedMs: worked(run.folder.record, record),
      running,
      interrupted: run.interrupted,
      secrets,
      onEvent: (event) => {
        if (isAgent && !(record.counted && event.type === "usage")) run.spoken.hear(event);
        if (event.type === "usage") budget?.look();
        if (isAgent && isAnswer(event)) tellAnswer();
        run.events.hear(event);
        progress.changed();
      },
      ...(isAgent && {
        turnOver: run.turn.over(),
        onTurnOver: () => {
          record.turnEnded = true;
          run.folder.save();
        },
        onStalled: (stalled) => run.interrupt(stalled),
        onDrawing: (line: string) => {
          run.spoken.draw(line);
          progress.changed();
        },
      }),
      use,
      besides: servers?.file,
      onOver: (over) => {
        record.over = over;
        run.folder.save();
      },
      spent: budget?.spent,
      onSpent: () => {
        record.spent = true;
        run.folder.save();
      },
      onMissed: (missed) => {
        record.missed = missed;
        run.folder.save();
      },
    });
    const result = ended.kind === "not begun" || !servers ? ended : await servers.blaming(ended);
    // Before the last progress is told, which says what was blocked.
    if (!isLeftRunning(result)) await outlet?.close();
    await noteUse(run, { record, spec }, use);
    if (record.over && !isLeftRunning(result)) return { kind: "over limit", over: record.over };
    if (record.turnEnded && !isLeftRunning(result)) return { kind: "turn ended" };
    if (record.spent && !isLeftRunning(result)) return { kind: "spent" };
    if (!record.missed) return result;
    // Why it came to that is known only when it has been stopped.
    if (result.kind === "missed") record.missed = result.missed;
    run.folder.save();
    return { kind: "missed", missed: record.missed };
  } finally {
    use.stop();
    budget?.stop();
    await servers?.close();
    await progress.close();
  }
}

/** What the watch has not seen of the processor's time, the wrapper has counted. */
async function noteUse(run: Run, { record, spec }: Pick<Followed, "record" | "spec">, use: UseWatch): Promise<void> {
  use.stop();
  const { peakRssBytes, cpuMs } = use.use();
  record.use = { peakRssBytes, cpuMs: Math.round(Math.max(cpuMs, (await readTimes(spec.dir)) ?? 0)) };
  run.folder.save();
}

function once(deed: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    deed();
  };
}
