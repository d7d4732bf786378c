/**
 * A step that another one has followed. It ended with all that it had started, or the next one would not have begun; so
 * nothing is watched or ended here: whatever bears the run's mark by now belongs to the later step.
 */
import type { RunningStep, StepEnd } from "./sessions.ts";
import { readExit } from "./step-files.ts";

export async function pastStep(dir: string): Promise<RunningStep> {
  const end: StepEnd = (await readExit(dir)) ?? { lost: true };
  return {
    pid: 0,
    ended: Promise.resolve(end),
    stop: async () => undefined,
    detach: () => undefined,
  };
}
