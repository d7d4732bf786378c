/** Is there room on the disk of the data folder for a task? */
import { existsSync } from "node:fs";
import type { Env } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import { bytes } from "../../src/text/amounts.ts";
import { spaceOf } from "../../workers/disk/free-space.ts";
import type { Limits } from "../../workers/operator-limits.ts";
import { type Check, ok, problem, reasonOf } from "./check.ts";

const GB = 1024 ** 3;

export async function checkDisk(env: Env, limits: Pick<Limits, "freeDiskGigabytes">): Promise<Check[]> {
  const dataDir = dataDirOf(env);
  if (!existsSync(dataDir)) return [];
  try {
    const { freeBytes } = spaceOf(dataDir);
    const wanted = limits.freeDiskGigabytes * GB;
    const free = `${bytes(freeBytes)} free on the disk of ${dataDir}`;
    if (freeBytes >= wanted) return [ok("disk", free)];
    const remedy =
      "remove what you can spare there; the worker host cleans up what is its own and takes tasks again by itself, or lower limits.freeDiskGigabytes";
    return [problem("disk", `${free}, ${bytes(wanted)} wanted: the worker host takes no task`, remedy)];
  } catch (error) {
    return [problem("disk", `${dataDir}: ${reasonOf(error)}`, "see that Orch's user may enter the data folder")];
  }
}
