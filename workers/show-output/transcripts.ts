/** The transcripts of a run on this host, opened so that nothing but a plain file in the run's folder is ever read. */
import { constants, lstatSync, readdirSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { MAX_STEPS, type StepSize } from "../../src/task/output.ts";
import type { Bytes } from "../../src/task/output-piece.ts";
import { runsDir } from "../run/run.ts";
import { type RunFolder, readRunFolder, runOfDir } from "../run/run-folder.ts";
import { serversStep } from "../run/step/servers.ts";
import { transcriptIn } from "../run/step/step-spec.ts";

type Folder = Pick<RunFolder, "dir" | "record">;

/** Of a run that is over, as long as it is kept; undefined when there is none. */
export function findRunFolder(dataDir: string, run: { taskId: string; epoch: number }): Folder | undefined {
  const names = listed(runsDir(dataDir)).filter((name) => runOfDir(name)?.taskId === run.taskId);
  // The number in the name is the one that it had at first.
  return names
    .map((name) => readRunFolder(join(runsDir(dataDir), name)))
    .find((folder) => folder?.record.epoch === run.epoch);
}

function listed(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []; // no run was ever here
    throw error;
  }
}

/** In their order, with what each has printed so far; those without a transcript are left out. */
export function stepsOf({ dir, record }: Folder): StepSize[] {
  // A name stands here once: whoever follows finds by it which one is next.
  const names = [...new Set(record.steps.flatMap(({ name }) => [serversStep(name), name]))];
  return names.slice(-MAX_STEPS).flatMap((name) => {
    const file = lstatSync(transcriptOf(dir, name), { throwIfNoEntry: false });
    return file?.isFile() ? [{ name, size: file.size }] : [];
  });
}

export const transcriptOf = (dir: string, step: string): string => transcriptIn(join(dir, step));

/** Undefined where it is not, or not any more. The caller closes it. */
export const openTranscript = (dir: string, step: string): Promise<FileHandle | undefined> =>
  openPlain(transcriptOf(dir, step));

/** Undefined for a link, a pipe and whatever else is no file that its own folder holds. The caller closes it. */
export async function openPlain(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ELOOP") return undefined;
    throw error;
  });
  if (!file || (await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

export async function bytesOf(file: FileHandle): Promise<Bytes> {
  const { size } = await file.stat();
  return {
    size,
    async read(from, length) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    },
  };
}
