/**
 * A look at what a node's agent has made so far: each of its checkpoints is tried against what others of its team have done. One that
 * does not fit may be half a thought; twice running, the agent is told. People are shown now and then how far it is. Nothing is asked of
 * the agent, and a look that fails costs nothing else.
 */
import { join } from "node:path";
import { senderName } from "../../../src/task/message-shape.ts";
import { type CheckpointRecord, checkpointDir } from "../../checkpoints/checkpoint-store.ts";
import { placeOnto } from "../../integrate/merge-nodes.ts";
import { type PlanRepository, tipOf } from "../../integrate/plan-repository.ts";
import { withTrial } from "../../integrate/trial.ts";
import { named } from "../../publish/objection.ts";
import { type Run, type Shared, tell } from "../run.ts";
import { nodeOfRun, planRepositoryOf } from "./plan-of-node.ts";

/** Running, so that the agent is told. */
const MISFITS = 2;
const SHOWN_EVERY_MS = 15 * 60_000;
const MAX_SHOWN = 20;

/** Never throws. */
export async function checkIn(shared: Shared, run: Run, checkpoint: CheckpointRecord): Promise<void> {
  try {
    const { tip, conflicts } = await tryCheckpoint(shared.dataDir, planRepositoryOf(shared, run), checkpoint);
    const { folder } = run;
    const before = folder.record.checkIn ?? { misfits: 0, shownAt: folder.record.startedAt };
    const after = { ...before, misfits: conflicts.length === 0 ? 0 : before.misfits + 1 };
    if (after.misfits >= MISFITS && after.toldOf !== tip) {
      const isTold = await tellAgent(shared, run, { tip, conflicts });
      if (isTold) after.toldOf = tip;
    }
    const now = Date.now();
    if (now - after.shownAt >= SHOWN_EVERY_MS) {
      const { commits, files } = checkpoint;
      const shown = { at: now, commits, files, conflicts: conflicts.slice(0, MAX_SHOWN) };
      await tell(shared, run, { name: "progress", progress: { checkIn: shown }, at: now }, { inDoubt: "skip" });
      after.shownAt = now;
    }
    folder.record.checkIn = after;
    folder.save();
  } catch (error) {
    run.log.warn({ err: error }, "whether the node's work fits its plan so far is not known");
  }
}

type Fit = { tip: string; conflicts: string[] };

/** `tip`: with what it was tried. Leaves nothing behind. */
export async function tryCheckpoint(
  dataDir: string,
  plan: PlanRepository,
  { taskId, all, baseSha }: Pick<CheckpointRecord, "taskId" | "all" | "baseSha">,
): Promise<Fit> {
  const tip = tipOf(plan);
  const objects = join(checkpointDir(dataDir, taskId), "objects");
  const delivery = { node: "", started: baseSha, tip: all, objects, text: "" };
  const authorship = { taskId, epoch: 0, subject: "checkpoint" };
  const placed = await withTrial({ dataDir, plan, objects: [objects] }, (trial) =>
    placeOnto(trial, plan, tip, { ...delivery, authorship }),
  );
  return { tip, conflicts: placed.kind === "conflict" ? placed.paths : [] };
}

/** Once for each commit of the plan's, however often it is said. */
async function tellAgent({ store }: Shared, run: Run, { tip, conflicts }: Fit): Promise<boolean> {
  const { plan, id: node } = nodeOfRun(run);
  const at = Date.now();
  const { kind } = await store.messages.send(
    { book: plan, node },
    {
      ...{ v: 1, id: `fit-${run.task.spec.id}-${tip}`, from: { host: true }, to: node, kind: "conflict", at },
      text: `What you have made so far conflicts with what others of your team have merged meanwhile, in ${named(conflicts)}. The sooner the two come together, the easier it is: commit what you have, run \`git merge ${tip}\` (the commit is in your repository), and resolve it so that both sides still do what they are for.`,
      refs: [{ sha: tip }, ...conflicts.slice(0, 9).map((path) => ({ path: path.slice(0, 500) }))],
    },
    { by: senderName({ host: true }), at },
  );
  const facts = { node, tip, files: conflicts.length, message: kind };
  run.log.info(facts, "the node's agent is told that its work does not fit its plan");
  return kind === "sent";
}
