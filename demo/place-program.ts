/** One of this machine's programs, put where everybody can run it, without a change to the machine's own file. */
import { chmodSync, cpSync, linkSync, rmSync, statSync } from "node:fs";

const FOR_EVERYBODY = 0o555;

/** A link costs nothing, but its rights are the original's: where those do not do, it is a copy that gets better ones. */
export function placeProgram(original: string, target: string): void {
  if (isForEverybody(original) && tryToLink(original, target)) return;
  cpSync(original, target, { dereference: true });
  chmodSync(target, 0o755);
}

const isForEverybody = (path: string): boolean => (statSync(path).mode & FOR_EVERYBODY) === FOR_EVERYBODY;

function tryToLink(original: string, target: string): boolean {
  try {
    linkSync(original, target);
    return true;
  } catch {
    rmSync(target, { force: true });
    return false; // another file system, or not our file
  }
}
