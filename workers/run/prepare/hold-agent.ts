/**
 * Brings the session and the sandbox of a run's first agent up while its files are still being written: the two take as long
 * as the files of a small repository, and need nothing of them. What is not yet known is guessed, from how things stood
 * at the last fetch; where the guess was wrong the session ends unused, and the step is started in the ordinary way.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import type { HeldStep } from "../../tmux/sessions.ts";
import { type Place, promptPath } from "../ground.ts";
import type { Run, Shared } from "../run.ts";
import { removeGroupOf } from "../step/step-limits.ts";
import { FIRST_STEP } from "../step/step-name.ts";
import { type Listed, openOutlet, outletOf, policyOf } from "../step/step-outlet.ts";
import { agentSpec, makeStepFolder, stepDir } from "../step/step-spec.ts";

/** The agent's program waits; its prompt is read when it is let go, from the file that is empty until then. */
export async function holdAgent(shared: Shared, run: Run, place: Place, listed: Listed): Promise<HeldStep> {
  const promptFile = promptPath(run);
  writeFileSync(promptFile, "", { mode: 0o600 });
  await run.talk.open(); // the sandbox mounts its folder as it comes up
  const spec = agentSpec(shared, run, place, { name: FIRST_STEP, promptFile });
  makeStepFolder(run, FIRST_STEP);
  shared.network?.place(outletOf(run.folder, FIRST_STEP), run.user); // the sandbox mounts it as it comes up
  const opening = openOutlet(shared, run, FIRST_STEP, policyOf(shared, place, { step: "agent", listed }));
  // Neither may still be under way when the other has failed: whoever starts the step then would meet it.
  const [held, opened] = await Promise.allSettled([shared.sessions.hold(run.task.spec.id, spec), opening]);
  if (held.status === "rejected") throw held.reason;
  if (opened.status === "rejected") throw opened.reason;
  return held.value;
}

/** Ends what an earlier try, or an earlier life of this host, may have held for the run. Fine when there is nothing. */
export async function endHeld(shared: Shared, run: Run): Promise<void> {
  const dir = stepDir(run, FIRST_STEP);
  if (!existsSync(dir)) return;
  await shared.sessions.kill(run.task.spec.id);
  await shared.network?.close(outletOf(run.folder, FIRST_STEP));
  await removeGroupOf(shared, run, FIRST_STEP);
  rmSync(dir, { recursive: true, force: true });
}
