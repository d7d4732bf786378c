/**
 * Keeps mirrors free of torn packs. A fetch that dies leaves its half-written pack behind, and an agent can make fetches die
 * (256 MB each); git itself clears such files only in a garbage collection, which mirrors never have.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Mirror } from "./mirror.ts";

/** `torn`: something may lie about. True at first, for what an earlier life of this host left. */
type Writers = { active: number; torn: boolean };
const writersOf = new Map<string, Writers>();

/** Runs `deed`, which writes objects into the mirror; clears up when it fails, as soon as nobody writes there. */
export async function whileWriting<T>(mirror: Mirror, deed: () => Promise<T>): Promise<T> {
  const writers = writersOf.get(mirror.dir) ?? { active: 0, torn: true };
  writersOf.set(mirror.dir, writers);
  writers.active += 1;
  try {
    return await deed();
  } catch (error) {
    writers.torn = true;
    throw error;
  } finally {
    writers.active -= 1;
    if (writers.active === 0 && writers.torn) {
      removeTornPacks(mirror);
      writers.torn = false;
    }
  }
}

/** Synchronous on purpose: no new writer can start between the look and the removal. */
function removeTornPacks(mirror: Mirror): void {
  const folder = join(mirror.dir, "objects", "pack");
  for (const name of readdirSync(folder)) if (name.startsWith("tmp_")) rmSync(join(folder, name), { force: true });
}
