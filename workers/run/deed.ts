/**
 * Which of its own deeds a host does for a run at the moment, as a file in the run's folder. When the host dies, the run in the
 * middle of whose deed it died is the one that may have killed it; runs whose agents merely worked have not. It is evidence,
 * no proof, and can be done without: where no run has any, each of them may have been the one.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunFolder } from "./run-folder.ts";

type Deed = "prepare" | "start a step" | "take the commits" | "set up" | "lay a check" | "show the commits" | "publish";

const deedFile = ({ dir }: Pick<RunFolder, "dir">) => join(dir, "deed");

/** A run does one deed at a time. */
export async function duringDeed<T>(folder: Pick<RunFolder, "dir">, name: Deed, deed: () => Promise<T>): Promise<T> {
  note(folder, name);
  try {
    return await deed();
  } finally {
    forgetDeed(folder);
  }
}

/** In the middle of which deed the host was, if in any. */
export function deedUnderWay(folder: Pick<RunFolder, "dir">): string | undefined {
  try {
    return readFileSync(deedFile(folder), "utf8");
  } catch {
    return undefined;
  }
}

export const forgetDeed = (folder: Pick<RunFolder, "dir">): void => rmSync(deedFile(folder), { force: true });

function note(folder: Pick<RunFolder, "dir">, name: Deed): void {
  try {
    writeFileSync(deedFile(folder), name, { mode: 0o600 });
  } catch {
    // The disk is full, say: the deed itself will tell.
  }
}
