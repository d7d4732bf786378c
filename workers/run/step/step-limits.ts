/** What a step's programs may use of the machine: how that is set when the step is started, and followed until it has ended. */
import { basename } from "node:path";
import type { InForce } from "../../../src/task/in-force.ts";
import { capsOf } from "../../limits/caps.ts";
import type { Group } from "../../limits/group.ts";
import { inForce, meansOf, needsGroup } from "../../limits/in-force.ts";
import { processesBelow } from "../../limits/process-use.ts";
import { type UseWatch, watchUse } from "../../limits/watch-use.ts";
import type { Caps } from "../../sandbox/confinement.ts";
import { markedProcesses, type Process, readProcess } from "../../sandbox/processes.ts";
import type { RunningStep } from "../../tmux/sessions.ts";
import type { Place } from "../ground.ts";
import type { Run, Shared } from "../run.ts";
import type { RunFolder } from "../run-folder.ts";
import type { StepName } from "./step-name.ts";
import type { StepRecord } from "./step-record.ts";

/** A run's folder is named once and for all, so a restarted host finds the group again. */
export const groupOf = (folder: Pick<RunFolder, "dir">, step: string): string => `${basename(folder.dir)}-${step}`;

export const heldOf = (
  { groups, driver }: Shared,
  { user }: Pick<Run, "user">,
  { resources }: Pick<Place, "resources">,
): InForce => inForce(resources, meansOf(groups, driver, user));

/** Makes the step's control group, where it needs one. Again is fine. */
export function limitsOfStep(
  shared: Shared,
  run: Run,
  place: Place,
  name: StepName,
): { caps: Caps; joins: readonly string[] | undefined } {
  const caps = capsOf(place.resources, heldOf(shared, run, place));
  const group = makeGroup(shared, run, place, name);
  group?.limit(place.resources);
  return { caps, joins: group?.joins };
}

function makeGroup({ groups, driver }: Shared, run: Run, { resources }: Place, name: string): Group | undefined {
  if (!groups || !needsGroup(resources, meansOf(groups, driver, run.user))) return undefined;
  return groups.open(groupOf(run.folder, name));
}

/** Follows the step that runs. */
export function followUse(
  shared: Shared,
  run: Run,
  place: Place,
  { record, running }: { record: StepRecord; running: RunningStep },
): UseWatch {
  const { groups, driver } = shared;
  const name = groupOf(run.folder, record.name);
  // One that began in an older Orch, or before this machine had any, is in none.
  const group = groups?.has(name) ? groups.open(name) : undefined;
  const held = group ? heldOf(shared, run, place) : inForce(place.resources, meansOf(undefined, driver, run.user));
  return watchUse({
    resources: place.resources,
    held,
    group,
    processes: () => processesOf(shared, run, running),
    before: record.use,
    tell(text) {
      run.log.warn({ step: record.name }, text);
      run.events.aside(text);
    },
    log: run.log,
  });
}

/** Without a sandbox a program may leave its family; with a user of its own, or by its mark, it is found all the same. */
function processesOf({ driver }: Shared, run: Run, { pid, view }: RunningStep): Process[] {
  // Without a wrapper nothing runs; 0 would be the root of all that there is on the machine.
  if (pid === 0) return [];
  const below = processesBelow(pid, view);
  if (driver.name !== "none") return below;
  const known = new Set([pid, view, ...below.map((each) => each.pid)]);
  const others = markedProcesses({ run: run.task.spec.id, uid: run.user.uid }).filter((each) => !known.has(each));
  return [...below, ...others.flatMap((each) => readProcess(each) ?? [])];
}

/** Ends what is left in the step's group, and removes that. What cannot be is swept later. */
export async function removeGroupOf({ groups }: Shared, run: Run, name: string): Promise<void> {
  const group = groupOf(run.folder, name);
  if (!groups?.has(group)) return;
  await groups
    .open(group)
    .remove()
    .catch((error: unknown) => run.log.error({ err: error }, "the step's control group cannot be removed"));
}
