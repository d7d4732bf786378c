/** The last lines of several tasks at once, for a wall of them. Asked for no more often than every second, however many look. */
import type { TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { withoutStyles } from "../../src/text/terminal-text.ts";
import type { ReadOutput } from "./read-output.ts";

/** `silent`: their host does not answer now. */
export type TaskLines = { step?: string; lines: string[]; silent?: boolean };
/** Of tasks that have begun, by id; `count` lines of each at most, oldest first, hostile as all that agents say. */
export type LastLines = (taskIds: readonly string[], count: number) => Promise<Map<string, TaskLines>>;

const FRESH_MS = 1_000;
/** What the lines of one task are taken from. */
const BYTES = 4 * 1024;
/** Nobody looks at more. */
const MAX_TASKS = 60;
const MAX_LINE = 300;

type Parts = { store: Pick<TaskStore, "readMany">; read: ReadOutput; now: () => number };

export function makeLastLines({ store, read, now }: Parts): LastLines {
  const known = new Map<string, { at: number; lines: Promise<TaskLines> }>();

  /** Nothing is from the future: the clock was set back. */
  const isFresh = (at: number) => now() >= at && now() - at < FRESH_MS;
  const fresh = (task: Task): Promise<TaskLines> => {
    const name = `${task.spec.id} ${task.epoch}`;
    const found = known.get(name);
    if (found && isFresh(found.at)) return found.lines;
    const lines = readLines(read, task);
    known.set(name, { at: now(), lines });
    return lines;
  };
  const forgetOld = () => {
    for (const [name, { at }] of known) if (!isFresh(at)) known.delete(name);
  };

  return async (taskIds, count) => {
    forgetOld();
    const tasks = (await store.readMany(taskIds.slice(0, MAX_TASKS))).filter(({ epoch }) => epoch > 0);
    const all = tasks.map(async (task) => {
      const { lines, ...rest } = await fresh(task);
      return [task.spec.id, { ...rest, lines: lines.slice(-count) }] as const;
    });
    return new Map(await Promise.all(all));
  };
}

async function readLines(read: ReadOutput, task: Task): Promise<TaskLines> {
  const found = await read(task, { run: task.epoch, bytes: BYTES });
  if (found === "silent") return { lines: [], silent: true };
  if (found === "none") return { lines: [] };
  const lines = withoutStyles(found.text)
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(0, MAX_LINE));
  return { step: found.step, lines };
}
