/** The one task that a person means, for what is done to it: who means several is asked back, never guessed. */
import type { Redis } from "ioredis";
import type { Task } from "../src/task/task.ts";
import { bare } from "../src/text/quote.ts";
import { taskView } from "../src/views/task-view.ts";
import { askBack, findTasks } from "./find-task.ts";
import { taskLine } from "./task-line.ts";
import { viewsOf } from "./views-of.ts";

export type OneTask = { task: Task } | { lines: string[] };

/** `text`: id, beginning of an id, or `owner/repo#number`. `lines`: what to say where none or several fit. */
export async function oneTask(redis: Redis, text: string): Promise<OneTask> {
  const [task, ...others] = await findTasks(redis, text);
  if (!task)
    return {
      lines: [`No task fits "${bare(text, 100)}". \`orch tasks\` lists those that are not over, --all the others.`],
    };
  if (others.length === 0) return { task };
  const { hosts, now } = await viewsOf(redis).views.around();
  return { lines: askBack(text, [task, ...others], (each) => `  ${taskLine(taskView(each, hosts), now)}`) };
}
