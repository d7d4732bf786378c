/**
 * A run that is ended for what it has on the disk. Its workspace goes before the end is told: until then there may be no room for
 * Redis to take the news.
 */
import type { Outcome } from "../../src/task/outcome.ts";
import { removeWorkspace } from "../workspace/remove-workspace.ts";
import { endLeftovers } from "./end-leftovers.ts";
import type { Interruption } from "./interruption.ts";
import type { Run, Shared } from "./run.ts";

export async function endForDisk(
  { sessions, dataDir }: Shared,
  run: Run,
  { message }: Extract<Interruption, { kind: "disk" }>,
): Promise<Outcome> {
  const { id: taskId } = run.task.spec;
  try {
    await run.underWay;
    await sessions.kill(taskId);
    await endLeftovers(run);
    await removeWorkspace({ dataDir, taskId });
  } catch (error) {
    run.log.error(
      { err: error },
      "what the run has on the disk could not be removed: tried again when its end is told",
    );
  }
  return { kind: "agent_failed", reason: "disk", message, lastLines: run.spoken.lastLines() };
}
