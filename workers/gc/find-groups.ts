/**
 * Control groups of steps whose tasks are over, with what still runs in them. They stand in a folder that bears the host's id, wherever its machine lets
 * it make some: this process may stand elsewhere than the host did, so the folder is looked for, and nothing is made.
 */
import { existsSync, globSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { signal } from "../sandbox/processes.ts";
import type { GcGround, Leftover } from "./leftover.ts";

/** `<task>-<run>-<step>` */
const NAME = /^(t[a-z2-7]{15})-\d+-/;
const EMPTY_MS = 5_000;

/** `mounts`: of the hierarchies. */
export function findGroups({ hostId, records }: GcGround, mounts: readonly string[] = mountsHere()): Leftover[] {
  const own = mounts.flatMap((mount) => globSync(`${mount}/{,*/,*/*/,*/*/*/}orch-${hostId}`));
  const groups = own.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  // With version 1 a step has one in each hierarchy.
  const byName = Map.groupBy(groups, (path) => basename(path));
  return [...byName].flatMap(([name, folders]): Leftover[] => {
    const [, task] = NAME.exec(name) ?? [];
    if (task === undefined) return [];
    return [
      {
        kind: "group",
        name,
        mayGo: () => records.isOver(task),
        remove: async () => void (await Promise.all(folders.map(emptied))),
        isThere: async () => folders.some((folder) => existsSync(folder)),
      },
    ];
  });
}

/** proc(5), `/proc/pid/mountinfo`: what stands behind the dash is the type. */
function mountsHere(): string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.filter((line) => / - cgroup2? /.test(line)).flatMap((line) => line.split(" ")[4] ?? []);
}

/** Only one in which nothing runs goes, and what is killed takes a moment to die. */
async function emptied(folder: string): Promise<void> {
  for (const deadline = performance.now() + EMPTY_MS; existsSync(folder); await delay(20)) {
    if (performance.now() > deadline) throw new Error(`the control group ${folder} does not become empty`);
    kill(folder);
    try {
      rmdirSync(folder);
    } catch (error) {
      if (!["EBUSY", "ENOTEMPTY", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
}

/** At once, where the kernel has a word for that. Of one in another namespace only a 0 is to be seen, which would mean ourselves. */
function kill(folder: string): void {
  const all = join(folder, "cgroup.kill");
  if (existsSync(all)) writeFileSync(all, "1");
  else for (const pid of membersOf(folder)) signal(pid, "SIGKILL");
}

const membersOf = (folder: string): number[] =>
  readFileSync(join(folder, "cgroup.procs"), "utf8")
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0);
