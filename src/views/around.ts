/** What a view of a task may depend on besides the task: as much of it as was looked at. Times are Unix ms. */
import type { HostView } from "../task/hosts.ts";
import type { TasksInDoubt } from "../task/in-doubt.ts";
import type { Paused } from "../task/pause.ts";
import type { Task } from "../task/task.ts";
import type { Team } from "./plan-view.ts";
import type { PullFate } from "./pull-fates.ts";

export type Around = {
  now: number;
  hosts: readonly HostView[];
  /** All tasks that are not over, and those that are waited for. */
  tasks?: readonly Task[];
  /** Of each lane the ids of the tasks whose jobs wait there, the next one first; of a long lane the beginning. */
  queue?: readonly (readonly string[])[];
  /** When the agents of tasks last said anything. */
  beats?: ReadonlyMap<string, number>;
  /** Of teams' tasks the plans, by their ids. */
  teams?: ReadonlyMap<string, Team>;
  inDoubt?: TasksInDoubt;
  paused?: Paused;
  /** What GitHub has told of the pull requests of tasks, by the tasks' ids. */
  fates?: ReadonlyMap<string, PullFate>;
  /** Of installations that may create no text for now: until when, Unix ms. */
  textHeld?: ReadonlyMap<number, number>;
};
