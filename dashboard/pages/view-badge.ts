/** How a task stands as its view alone says it, and a link by its id: for lists in which it is not what matters most. */
import type { TaskView } from "../../src/views/task-view.ts";
import { stateWord } from "../../src/words/task-words.ts";
import { type Html, html } from "../html.ts";
import { taskPath } from "./links.ts";
import { badge, endBadge } from "./standing-badge.ts";

export function viewBadge(task: TaskView): Html {
  if (task.outcome) return endBadge(task.outcome);
  const word = stateWord(task);
  return task.state === "running"
    ? badge({ word, tone: "busy", sign: "play" })
    : badge({ word, tone: "idle", sign: "dots" });
}

/** Where nothing but its id is known, or it is among others of one place. */
export const idLink = (id: string): Html => html`<a class="mono" href="${taskPath(id)}">${id}</a>`;
