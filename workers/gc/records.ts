/**
 * What the records of tasks say of what is left of them. Only a record that says itself that its task is over lets anything go: one that is in
 * doubt, or gone, says nothing.
 */
import { basename } from "node:path";
import { leadersOf } from "../../src/task/followers.ts";
import type { TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { runsDir } from "../run/run.ts";
import { readRunFolders, runOfDir } from "../run/run-folder.ts";

export type Records = {
  /** Settled by its record, and no run of this host is still to see to it. Read anew each time. */
  isOver(taskId: string): Promise<boolean>;
  /** The same, and no task that is not over could still go on from it, or publish what it has left. */
  isUnneeded(taskId: string): Promise<boolean>;
  /** A task that is not over could still go on from it, or publish what it has left; or its record cannot be read. */
  isNeeded(taskId: string): Promise<boolean>;
  /** The host of its last run, where its record is known. */
  lastHost(taskId: string): Promise<string | undefined>;
  /** A run of this host works for the plan, or is still to be seen to. */
  isAtWorkFor(plan: string): boolean;
  /** Names of the folders of all runs. */
  runFolders(): Set<string>;
};

export function readRecords(store: TaskStore, dataDir: string): Records {
  const read = () => readRunFolders(runsDir(dataDir));
  const isOver = async (taskId: string) => {
    const reading = await store.lookUp(taskId);
    if (reading.kind !== "known" || reading.record.state.name !== "settled") return false;
    const { folders, inDoubt } = read();
    // Without an end it is at work, or the host's next life takes it up.
    const unended = folders.filter(({ record }) => record.taskId === taskId && record.end === undefined);
    return unended.length === 0 && !inDoubt.some(({ dir }) => runOfDir(dir)?.taskId === taskId);
  };
  return {
    isOver,
    isUnneeded: async (taskId) => (await isOver(taskId)) && !(await isNeeded(store, taskId)),
    isNeeded: (taskId) => isNeeded(store, taskId),
    lastHost: async (taskId) => (await store.read(taskId))?.runs.at(-1)?.host,
    isAtWorkFor: (plan) =>
      read().folders.some(({ record }) => record.end === undefined && record.spec?.node?.plan === plan),
    runFolders() {
      const { folders, inDoubt } = read();
      return new Set([...folders, ...inDoubt].map(({ dir }) => basename(dir)));
    },
  };
}

/** Where the record of one that is not over cannot be read, whatever it may need is needed. */
async function isNeeded(store: TaskStore, taskId: string): Promise<boolean> {
  const own = await store.read(taskId);
  for (const id of await store.openIds()) {
    const reading = await store.lookUp(id);
    if (reading.kind === "absent") continue; // nobody can go on with that
    if (reading.kind !== "known" || mayNeed(reading.record, taskId, own)) return true;
  }
  return false;
}

/** One that waits in the same conversation is told only when it starts from which task it goes on. */
function mayNeed({ spec, state, continues }: Task, taskId: string, own: Task | undefined): boolean {
  const named = [spec.id, continues, spec.retries, spec.after, spec.node?.before, ...leadersOf(state)];
  if (named.includes(taskId)) return true;
  if (!own) return false;
  const isSameTalk = spec.repository.id === own.spec.repository.id && spec.conversation === own.spec.conversation;
  return isSameTalk || spec.id === own.spec.node?.plan;
}
