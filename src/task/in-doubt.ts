/** Tasks whose record is in doubt, and what an operator is told of them: the same in `orch status`, `orch doctor` and `/readyz`. */
import type { HostView } from "./hosts.ts";
import type { RunDoubt } from "./standing.ts";
import type { TaskStore } from "./store.ts";
import { VERSION } from "./version.ts";

export type TasksInDoubt = ReadonlyMap<string, RunDoubt>;

/** What Redis lists and cannot be read, and what living hosts work on and Redis does not know. */
export async function findTasksInDoubt(
  store: Pick<TaskStore, "openIds" | "lookUp">,
  hosts: readonly HostView[],
): Promise<TasksInDoubt> {
  const found = new Map<string, RunDoubt>();
  for (const { inDoubt = [] } of hosts.filter(({ alive }) => alive))
    for (const { task, doubt } of inDoubt) found.set(task, doubt);
  const ids = await store.openIds();
  const readings = await Promise.all(ids.map((id) => store.lookUp(id)));
  for (const [index, id] of ids.entries()) {
    const kind = readings[index]?.kind;
    if (kind !== undefined && kind !== "known") found.set(id, kind);
  }
  return found;
}

const REMEDY: Readonly<Record<RunDoubt, string>> = {
  absent:
    "a bot puts back the record of what still runs within a minute; if it does not, start one and look at its log. What was over or waiting when Redis lost its data comes back only from a backup; `orch status` on each worker host says where work lies",
  newer: `a newer Orch than this one (${VERSION}) wrote that: upgrade this one, which leaves it alone until then`,
  unreadable: "the log says why; restore what stands there from the backup of Redis",
  older: "Redis was restored from before they began; nothing to do, they go on when their jobs come again",
};

const WHAT: Readonly<Record<RunDoubt, string>> = {
  absent: "no record in Redis",
  newer: "a record that is newer than this Orch",
  unreadable: "a record that cannot be read",
  older: "a record that is older than their run",
};

/** For each kind of doubt: how many tasks, and what to do. */
export function sayInDoubt(tasks: TasksInDoubt): { what: string; remedy: string }[] {
  return (Object.keys(WHAT) as RunDoubt[]).flatMap((kind) => {
    const count = [...tasks.values()].filter((doubt) => doubt === kind).length;
    return count === 0 ? [] : [{ what: `Tasks with ${WHAT[kind]}: ${count}`, remedy: REMEDY[kind] }];
  });
}
