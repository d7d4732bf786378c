/** What `orch top` shows, as plain data, for programs. The same tasks in the same order as in the picture. Pure. */
import type { HostWithRuns } from "../../src/views/hosts.ts";
import { hosts as hostsView } from "../../src/views/hosts.ts";
import { type Need, needsMe } from "../../src/views/needs-me.ts";
import { type TaskView, taskView } from "../../src/views/task-view.ts";
import { type Why, why } from "../../src/views/why.ts";
import type { Overview, Today } from "./overview.ts";

/** `running` and `waiting`: what `orch why` answers of each. Times are Unix ms. */
export type Figures = {
  needsMe: Need[];
  running: Why[];
  waiting: Why[];
  hosts: HostWithRuns[];
  today: Today;
  over: TaskView[];
  now: number;
};

export function figures({ around, over, today }: Overview): Figures {
  const open = around.tasks.toSorted((one, other) => one.spec.acceptedAt - other.spec.acceptedAt);
  const answers = open.map((task) => why(task, around));
  return {
    needsMe: needsMe(over, around),
    running: answers.filter(({ state }) => state === "running"),
    waiting: answers.filter(({ state }) => state !== "running"),
    hosts: hostsView(around),
    today,
    over: over.map((task) => taskView(task, around.hosts)),
    now: around.now,
  };
}
