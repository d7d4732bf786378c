/** Hosts have run out of room on their disks, or have room again: what idle tasks wait for is another thing now, though nothing in their records has changed. */
import type { Logger } from "../log.ts";
import type { TaskStore } from "../task/store.ts";

/** So many of the oldest open tasks are told of it: each may be an edit on GitHub. */
const MOST_TOLD = 200;

type Deps = { store: Pick<TaskStore, "readMany" | "openIds" | "doubt">; now: () => number; log: Logger };

/** Never throws. */
export function tellOfRoom({ store, now, log }: Deps): void {
  const retell = async () => {
    const open = await store.readMany((await store.openIds()).slice(0, MOST_TOLD));
    const idle = open.filter(({ state }) => state.name === "queued" || state.name === "waiting");
    // A report that is under way has seen the hosts as they were, and would take this version for told.
    const token = `room ${now()}`;
    for (const { spec } of idle) await store.doubt(spec.id, { token }, now());
  };
  retell().catch((error: unknown) =>
    log.warn({ err: error }, "tasks that wait are not told of the room on hosts' disks"),
  );
}
