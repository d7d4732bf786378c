/** A small disk of a test's own, in memory: only root can mount one. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type SmallDisk = {
  freeBytes(): number;
  /** Writes a file that leaves so much free, in bytes. */
  fill(leave: number): void;
  /** Removes that file. */
  clear(): void;
  remove(): void;
};

export const MB = 1024 ** 2;

/** Why there can be none here: tests that need one say so and are not run. */
export const noSmallDisk: string | undefined = whyNot();

function whyNot(): string | undefined {
  const folder = join(tmpdir(), `orch-disk-${process.pid}`);
  try {
    smallDisk(folder, 1).remove();
    return undefined;
  } catch (error) {
    return `NOT RUN, no file system can be mounted here: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Mounted at the folder, which is made. */
export function smallDisk(folder: string, megabytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=711`, "orch-test", folder], { stdio: "pipe" });
  const filler = join(folder, "filler");
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  return {
    freeBytes,
    fill(leave) {
      const more = freeBytes() - leave;
      try {
        if (more > 0) writeFileSync(filler, Buffer.alloc(more), { flag: "a" });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error; // somebody else has written meanwhile
      }
    },
    clear: () => rmSync(filler, { force: true }),
    remove: () => void execFileSync("umount", ["--lazy", folder], { stdio: "pipe" }),
  };
}
