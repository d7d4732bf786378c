/** The control groups of this machine that a host can use: of version 2 where it was handed some, else of version 1; and what is left of them. */
import type { Logger } from "pino";
import { type CgroupPlaces, findCgroups } from "./cgroup-places.ts";
import { openGroups1 } from "./cgroup1.ts";
import { openGroups2 } from "./cgroup2.ts";
import type { Groups } from "./group.ts";

/** Undefined where there are none to be had. `hostId`: of the one host whose groups these are. */
export function openGroups(hostId: string, places: CgroupPlaces = findCgroups()): Groups | undefined {
  const parent = `orch-${hostId}`;
  return openGroups2(places, parent) ?? openGroups1(places, parent);
}

/** Ends and removes what earlier lives of this host have left. `isLive`: whether a run that goes on has it. */
export async function sweepGroups(groups: Groups, isLive: (name: string) => boolean, log: Logger): Promise<void> {
  for (const name of groups.names().filter((each) => !isLive(each))) {
    try {
      await groups.open(name).remove();
      log.info({ group: name }, "a control group that an earlier life of this host left is removed");
    } catch (error) {
      log.error(
        { err: error, group: name },
        "a control group that an earlier life of this host left cannot be removed",
      );
    }
  }
}
