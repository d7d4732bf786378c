/** The agent's commits as the host took them: in the run's folder, which only the host can read and which goes when the run does. */
import { join } from "node:path";
import { openQuarantine, type Quarantine } from "../publish/quarantine.ts";
import type { Ground } from "./ground.ts";
import type { Run } from "./run.ts";

export type Collected = { tip: string; commits: number };

export const collectedDir = (run: Run): string => join(run.folder.dir, "collected.git");

export const quarantineOf = (run: Run, { mirror, prepared }: Ground): Quarantine =>
  openQuarantine(collectedDir(run), mirror, prepared.baseSha);
