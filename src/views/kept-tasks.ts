/**
 * Tasks that are over, as far as Redis keeps them: there is no list of them, so all keys are looked through, page by page. Both
 * ends are bounded: at most so many tasks are looked at, and of those that fit the newest are kept.
 */
import type { Redis } from "ioredis";
import { keys } from "../task/keys.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { isTaskId } from "../task/task-id.ts";
import { byNews } from "./tasks.ts";

/** Keys that Redis looks at in one go, records that are read at once. */
const SCAN_COUNT = 1_000;
const READ_COUNT = 500;
/** Tasks that one look reads. */
const MOST_READ = 50_000;

/** Ids that begin so, of all tasks that there are a record of; each once, in no order. */
export async function* keptIds(redis: Redis, beginning: string): AsyncGenerator<string[]> {
  const seen = new Set<string>();
  let cursor = "0";
  do {
    const [next, page] = await redis.scan(cursor, "MATCH", keys.task(`${beginning}*`), "COUNT", SCAN_COUNT);
    const ids = page.map((key) => key.slice(keys.task("").length)).filter((id) => isTaskId(id) && !seen.has(id));
    for (const id of ids) seen.add(id);
    if (ids.length > 0) yield [...new Set(ids)];
    cursor = next;
  } while (cursor !== "0");
}

export type KeptTasks = {
  /** The newest first. */
  tasks: Task[];
  /** How many fit, of those that were looked at. */
  count: number;
  /** There are more tasks than one look reads: there may be newer ones among them. */
  partial: boolean;
};

/** `seen`: those of them that may be shown to whoever asks: what is not counts as if it were not there. */
type Wanted = {
  fits: (task: Task) => boolean;
  limit: number;
  mostRead?: number;
  seen?: (tasks: readonly Task[]) => Promise<Task[]>;
};

/** Tasks that are over and fit; at most `limit`. */
export async function keptTasks(
  redis: Redis,
  store: Pick<TaskStore, "readMany">,
  { fits, limit, mostRead = MOST_READ, seen = async (tasks) => [...tasks] }: Wanted,
): Promise<KeptTasks> {
  let tasks: Task[] = [];
  let [count, read] = [0, 0];
  for await (const ids of keptIds(redis, "t")) {
    for (let left = ids; left.length > 0; ) {
      if (read >= mostRead) return { tasks, count, partial: true };
      const some = left.slice(0, Math.min(READ_COUNT, mostRead - read));
      left = left.slice(some.length);
      const page = await store.readMany(some);
      const found = await seen(page.filter((task) => task.state.name === "settled" && fits(task)));
      read += some.length;
      count += found.length;
      tasks = [...tasks, ...found].sort(byNews).slice(0, limit);
    }
  }
  return { tasks, count, partial: false };
}
