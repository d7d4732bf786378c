/** The branches of a repository as the last fetches left them in its mirror: each ends at a commit that GitHub had on it then. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { branchOfMirrorRef, mirrorRef } from "./branch-name.ts";
import { knownTip } from "./fetch-refs.ts";
import type { Mirror } from "./mirror.ts";

/** Branch -> full commit id. */
export function readBranches(mirror: Mirror): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of namesIn(dirname(join(mirror.dir, mirrorRef("main"))))) {
    const branch = branchOfMirrorRef(name);
    // One may go while the others are read.
    const sha = knownTip(mirror, branch);
    if (sha !== undefined) found.set(branch, sha);
  }
  return found;
}

function namesIn(dir: string): string[] {
  try {
    // A ref that is being written has a lock beside it.
    return readdirSync(dir).filter((name) => !name.endsWith(".lock"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
