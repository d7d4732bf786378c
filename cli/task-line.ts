/** One task in one line: id, place, how it stands, and the beginning of what was asked. */
import { numberSign } from "../src/task/own-place.ts";
import { bare } from "../src/text/quote.ts";
import type { TaskView } from "../src/views/task-view.ts";
import { standing } from "../src/words/task-words.ts";

/** `now`: Unix ms. */
export const taskLine = (task: TaskView, now: number): string =>
  `${task.id}  ${whereOf(task)}  ${standing(task, now)}  ${bare(task.request, 60)}`;

export const whereOf = ({ repository, number }: TaskView): string => `${repository}${numberSign(number)}`;
