/**
 * Removes what plans have come to on this host, once their teams' tasks have been over for as long as failed work is kept: until then
 * checkpoints of their nodes borrow from it. Nothing goes whose end no record ever said, unless nobody has touched it for very long.
 */
import { lstatSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { RETENTION_S } from "../../src/task/keys.ts";
import { isTaskId } from "../../src/task/task-id.ts";
import { clearTrials } from "../integrate/trial.ts";
import { plansDir } from "../workspace/host-folders.ts";
import type { Shared } from "./run.ts";

const DAY_MS = 24 * 3600_000;
/** A record is gone so long after its end, ms; a plan that nobody has touched for twice that is nobody's. */
const FORGOTTEN_MS = 2 * RETENTION_S * 1_000;

/** `isAtWork`: whether a run works for the plan. Never throws: what cannot be removed is logged and tried again at the next round. */
export async function clearOldPlans(shared: Shared, isAtWork: (plan: string) => boolean): Promise<void> {
  const dir = plansDir(shared.dataDir);
  for (const plan of (await readdir(dir)).filter(isTaskId)) {
    if (isAtWork(plan)) continue;
    try {
      if (!(await isOver(shared, plan))) {
        await clearTrials(shared.dataDir, plan);
        continue;
      }
      await rm(join(dir, plan), { recursive: true, force: true });
      shared.log.info({ plan }, "what an earlier plan came to is removed");
    } catch (error) {
      shared.log.error({ err: error, plan }, "what an earlier plan came to cannot be removed: look at it by hand");
    }
  }
}

/** Whether what it came to may go: a record says so, or nobody has touched it for very long. */
export async function isOver(
  { dataDir, store, operator }: Pick<Shared, "dataDir" | "store" | "operator">,
  plan: string,
): Promise<boolean> {
  const reading = await store.lookUp(plan);
  if (reading.kind === "absent") return lstatSync(join(plansDir(dataDir), plan)).mtimeMs < Date.now() - FORGOTTEN_MS;
  if (reading.kind !== "known" || reading.record.state.name !== "settled") return false;
  return reading.record.state.at + operator.limits.keepFailedDays * DAY_MS <= Date.now();
}
