/** When a run's programs last said anything, on either of their outputs: the files' own times, which no restart changes. */
import { statSync } from "node:fs";
import type { Run } from "../run.ts";

/** The files that hold what the step in `dir` writes. */
export const outputsOf = (dir: string): string[] => [`${dir}/stdout`, `${dir}/stderr`];

/** Of the step in `dir`. Unix ms; undefined = not a word yet. */
export function lastOutputIn(dir: string): number | undefined {
  const written = outputsOf(dir).map(lastWrite);
  const times = written.filter((time) => time !== undefined);
  return times.length > 0 ? Math.max(...times) : undefined;
}

/** Of the run's last step; its beginning, or the run's, before the first word. */
export function lastOutputOf({ folder }: Pick<Run, "folder">): number {
  const step = folder.record.steps.at(-1);
  const written = step && lastOutputIn(`${folder.dir}/${step.name}`);
  return Math.round(written ?? step?.startedAt ?? folder.record.startedAt);
}

/** At once: a beat asks for two files of each run, and handing that to other threads costs twenty times as much. */
function lastWrite(path: string): number | undefined {
  try {
    const file = statSync(path, { throwIfNoEntry: false }); // not made yet = nothing written
    return file && file.size > 0 ? file.mtimeMs : undefined;
  } catch {
    return undefined; // one that cannot be looked at must not end the beat of all
  }
}
