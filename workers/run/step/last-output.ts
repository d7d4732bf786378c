/** When a run's programs last said anything, on either of their outputs: the files' own times, which no restart changes. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "../run.ts";

/** The files that hold what the step in `dir` writes. */
export const outputsOf = (dir: string): string[] => ["stdout", "stderr"].map((name) => join(dir, name));

/** Of the step in `dir`. Unix ms; undefined = not a word yet. */
export async function lastOutputIn(dir: string): Promise<number | undefined> {
  const written = await Promise.all(outputsOf(dir).map(lastWrite));
  const times = written.filter((time) => time !== undefined);
  return times.length > 0 ? Math.max(...times) : undefined;
}

/** Of the run's last step; its beginning, or the run's, before the first word. */
export async function lastOutputOf({ folder }: Pick<Run, "folder">): Promise<number> {
  const step = folder.record.steps.at(-1);
  const written = step && (await lastOutputIn(join(folder.dir, step.name)));
  return Math.round(written ?? step?.startedAt ?? folder.record.startedAt);
}

async function lastWrite(path: string): Promise<number | undefined> {
  const file = await stat(path).catch(() => undefined); // not made yet = nothing written
  return file && file.size > 0 ? file.mtimeMs : undefined;
}
