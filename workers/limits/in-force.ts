/** By which mechanism each limit is held on this machine, and so which of them need a control group. */
import type { Resources } from "../../src/settings/resources.ts";
import type { Held, InForce } from "../../src/task/in-force.ts";
import type { SandboxDriver, SlotUser } from "../sandbox/sandbox.ts";
import { type Groups, type LimitedBy, MB } from "./group.ts";

const GB = 1024 ** 3;

/** `countsByUser`: the kernel's count of a user's processes is that of one run alone. */
export type Means = { groups: Groups | undefined; countsByUser: boolean };

export const meansOf = (
  groups: Groups | undefined,
  driver: Pick<SandboxDriver, "name">,
  user: SlotUser | undefined,
): Means => ({ groups, countsByUser: driver.name === "bwrap" || user?.uid !== undefined });

export function inForce(resources: Resources, means: Means): InForce {
  const { cpuPercent, memoryMegabytes, processes, openFiles, runDiskGigabytes } = resources;
  const by = (what: LimitedBy) => (means.groups?.limits.has(what) ? means.groups.version : ("watchdog" as const));
  const of = (what: Held["what"], most: number | undefined, how: Held["by"]): Held[] =>
    most === undefined ? [] : [{ what, most, by: how }];
  return [
    ...of("cpu", cpuPercent, by("cpu")),
    ...of("memory", memoryMegabytes === undefined ? undefined : memoryMegabytes * MB, by("memory")),
    ...of("processes", processes, means.countsByUser ? "rlimit" : by("processes")),
    ...of("open_files", openFiles, "rlimit"),
    ...of("disk", runDiskGigabytes === undefined ? undefined : Math.round(runDiskGigabytes * GB), "watchdog"),
  ];
}

/** Joining one takes a start tens of milliseconds: only where something is held by it. */
export const needsGroup = (resources: Resources, means: Means): boolean =>
  inForce(resources, means).some(({ by }) => by === means.groups?.version);

/** What the host has to see to by itself. */
export const watched = (held: InForce, what: Held["what"]): number | undefined =>
  held.find((each) => each.what === what && each.by === "watchdog")?.most;
