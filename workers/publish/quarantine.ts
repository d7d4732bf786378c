/**
 * Where an agent's commits are looked at: a bare repository of the host's, for one run, that borrows the mirror's
 * objects. The mirror itself never holds anything but what GitHub gave: it is shown to every later agent of the
 * repository, and what one agent wrote and nobody published (a secret, say) is none of the others' business. Goes with the
 * run's folder.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkSha } from "../workspace/host-folders.ts";
import { type Mirror, makeHostRepository } from "../workspace/mirror.ts";

/** `dir`: the repository, absolute. `mirror`: whose objects it sees. */
export type Quarantine = { dir: string; mirror: Mirror };

/**
 * The quarantine in `dir`, made where there is none yet. `base`: the commit that the work started from. `besides`: further
 * folders of objects that it borrows.
 */
export function openQuarantine(dir: string, mirror: Mirror, base: string, besides: readonly string[] = []): Quarantine {
  if (existsSync(dir)) return { dir, mirror };
  makeHostRepository(dir, {
    "objects/info/alternates": [join(mirror.dir, "objects"), ...besides, ""].join("\n"),
    // So that a fetch knows what is here, also when no branch of the mirror ends at this commit any more.
    "refs/orch/base": `${checkSha(base)}\n`,
  });
  return { dir, mirror };
}
