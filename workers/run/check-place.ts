/**
 * Where the steps of a check run, and how far they are. A check has its own workspace, so its steps are only gone on with where
 * that still holds what they began on; otherwise they are forgotten and begun anew in a new one.
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkWorkspaceOf, layCheckWorkspace } from "../workspace/check-workspace.ts";
import { type Collected, quarantineOf } from "./collected.ts";
import { duringDeed } from "./deed.ts";
import type { Ground } from "./ground.ts";
import type { Run, Shared } from "./run.ts";
import type { RunFolder } from "./run-folder.ts";
import type { CheckedTree, StepName } from "./step/step-name.ts";

/** What is checked, and in which of the agent's rounds. `objects`: a repository that has it, besides the mirror; else the quarantine does. */
export type Work = { round: number; collected: Collected; tree?: CheckedTree; objects?: string };

/** The setup before the agent is the first one. */
export const stepsOf = ({ round, tree }: Pick<Work, "round" | "tree">) => {
  const suffix = tree === undefined ? "" : `-${tree}`;
  return {
    agent: `agent-${round}` as StepName,
    setup: `setup-${round + 1}${suffix}` as StepName,
    verify: `verify-${round}${suffix}` as StepName,
    withHidden: `verify-${round}-hidden` as StepName,
  };
};

/** One of the host's repositories that has it. */
export const objectsOf = (run: Run, ground: Ground, { objects }: Pick<Work, "objects">): string =>
  objects ?? quarantineOf(run, ground).dir;

/** The ground of the check: the agent's own, with the workspace of the check in place of the agent's. */
export function checkPlace(shared: Shared, run: Run, ground: Ground, { collected }: Work): Ground {
  const { workspace } = ground;
  const of = { dataDir: shared.dataDir, taskId: run.task.spec.id, workspace, tip: collected.tip };
  return { ...ground, workspace: checkWorkspaceOf(of), held: undefined };
}

/** The same with the agent's own files in it, hidden ones included. */
export function checkPlaceWithHidden(shared: Shared, run: Run, ground: Ground, work: Work): Ground {
  const place = checkPlace(shared, run, ground, work);
  const { treeDir } = ground.workspace;
  const { inside } = place.workspace;
  // Without a sandbox nothing can be shown in another place.
  const seen = inside.dir === place.workspace.dir ? { ...inside, treeDir } : inside;
  return { ...place, workspace: { ...place.workspace, treeDir, inside: seen } };
}

/** Makes the workspace of the check, in the place of an earlier one. */
export async function layCheckPlace(shared: Shared, run: Run, ground: Ground, work: Work): Promise<void> {
  const { collected } = work;
  const { workspace, mirror } = ground;
  const of = { dataDir: shared.dataDir, taskId: run.task.spec.id, user: run.user, workspace, tip: collected.tip };
  const objects = { quarantineDir: objectsOf(run, ground, work), mirror };
  await duringDeed(run.folder, "lay a check", () => layCheckWorkspace(of, objects));
}

/** It was started, and so found its workspace as it was to be. */
export const isBegun = ({ dir }: RunFolder, name: StepName): boolean => existsSync(join(dir, name));

export const isKnown = ({ record }: RunFolder, name: StepName): boolean =>
  record.steps.some((step) => step.name === name);

/** As if they had never been. */
export function forgetSteps(folder: RunFolder, names: readonly StepName[]): void {
  for (const name of names) rmSync(join(folder.dir, name), { recursive: true, force: true });
  folder.record.steps = folder.record.steps.filter(({ name }) => !names.includes(name as StepName));
  folder.save();
}
