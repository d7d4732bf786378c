/**
 * Whether what a node's agent has made so far still fits what others have done: each of its checkpoints is tried against the plan's tip.
 * One that does not fit may be half a thought; twice running, the agent is told.
 */
import { join } from "node:path";
import { type CheckpointRecord, checkpointDir } from "../../checkpoints/checkpoint-store.ts";
import { placeOnto } from "../../integrate/merge-nodes.ts";
import { type PlanRepository, tipOf } from "../../integrate/plan-repository.ts";
import { withTrial } from "../../integrate/trial.ts";

/** `with`: the plan's tip; `conflicts`: the files in which the two do not fit. */
export type CheckIn = { tip: string; conflicts: string[] };

/** Leaves nothing behind. */
export async function tryCheckpoint(
  dataDir: string,
  plan: PlanRepository,
  { taskId, all, baseSha }: Pick<CheckpointRecord, "taskId" | "all" | "baseSha">,
): Promise<CheckIn> {
  const tip = tipOf(plan);
  const objects = join(checkpointDir(dataDir, taskId), "objects");
  const placed = await withTrial({ dataDir, plan, objects: [objects] }, async (trial) =>
    placeOnto(trial, plan, tip, {
      ...{ node: "", started: baseSha, tip: all, objects, text: "" },
      authorship: { taskId, epoch: 0, subject: "checkpoint" },
    }),
  );
  return { tip, conflicts: placed.kind === "conflict" ? placed.paths : [] };
}
