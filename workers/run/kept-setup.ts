/**
 * The repository's setup for one place of a run, by what was kept of it. What every task of the repository may use is made only
 * before the agent starts, from the base commit; what a changed commit needs is kept for its task alone.
 */
import { keepSetup, type SetupPlace, takeSetup } from "../setups/setup-cache.ts";
import type { SetupOwner } from "../setups/setup-folder.ts";
import { type SetupKey, setupKey } from "../setups/setup-key.ts";
import { duringDeed } from "./deed.ts";
import type { Ground } from "./ground.ts";
import type { Run, Shared } from "./run.ts";
import { confinementOf } from "./step/confinement.ts";

/** `repositoryDir`: one of the host's that has the commit `tip`. */
export type SetupOf = { tip: string; repositoryDir: string };

export type KeptSetup = {
  /** True when the place has got it. */
  take(): Promise<boolean>;
  keep(of: "the repository" | "the task"): Promise<void>;
};

/** Undefined where nothing is kept: the operator wants none, or places are not all seen at the same path. */
export async function keptSetup(
  shared: Shared,
  run: Run,
  place: Ground,
  setup: SetupOf,
): Promise<KeptSetup | undefined> {
  const { dataDir, driver, operator } = shared;
  const { setup: command, repositoryId } = place.prepared;
  if (!command || driver.workspaceAt === undefined || operator.limits.keepSetupDays === 0) return undefined;
  const key = await keyOf(run, {
    repositoryDir: setup.repositoryDir,
    sha: setup.tip,
    command,
    kind: `${driver.name} ${place.path ?? ""}`,
  });
  if (!key) return undefined;
  const { workspace, mirror } = place;
  const confinement = confinementOf(run, place);
  const at: SetupPlace = { tip: setup.tip, workspace, mirror, driver, confinement, signal: run.signal };
  const shareable: SetupOwner = { repositoryId, key: key.name };
  const own: SetupOwner = { ...shareable, taskId: run.task.spec.id };
  return {
    take: () =>
      duringDeed(run.folder, "set up", async () => {
        for (const owner of [shareable, own]) if (await takeSetup(dataDir, owner, at)) return true;
        return false;
      }),
    async keep(of) {
      // Of a commit as a whole there is hardly another use for the task.
      if (of === "the task" && key.ofAll) return;
      const owner = of === "the task" ? own : shareable;
      await duringDeed(run.folder, "set up", () => keepSetup(dataDir, owner, at)).catch((error: unknown) => {
        run.signal.throwIfAborted();
        run.log.warn({ err: error }, "what the setup command made is not kept");
      });
    },
  };
}

async function keyOf(run: Run, input: Parameters<typeof setupKey>[0]): Promise<SetupKey | undefined> {
  try {
    return await setupKey(input);
  } catch (error) {
    run.log.warn({ err: error }, "what the setup command reads cannot be told: it is run anew");
    return undefined;
  }
}
