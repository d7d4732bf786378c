/** What the parts of a report share: what they are given, the task, what it should look like, and what is remembered of GitHub. */
import type { GitHub } from "../github.ts";
import type { Logger } from "../log.ts";
import type { HostView } from "../task/heartbeat.ts";
import type { Shown } from "../task/report-marks.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { Surroundings } from "./facts.ts";
import type { View } from "./view.ts";

/** The store's hints, and some that only concern us. */
export type Hints = Shown & {
  /** The state that the comment tells of; see `View.stateKey`. */
  stateKey?: string;
  checksHash?: string;
  /** A person deleted the progress comment: once it was written again, the second time it stays away. */
  deleted?: "once" | "twice";
};

export type ShowDeps = {
  store: TaskStore;
  github: GitHub;
  /** HMAC key for markers. The same for all bots, for ever: another key cannot find the old comments. */
  secret: string;
};

export type ReporterDeps = ShowDeps & {
  /** E.g. https://github.com */
  webUrl: string;
  /** Unix ms. */
  now: () => number;
  log: Logger;
  hosts: () => Promise<HostView[]>;
};

export type Showing = { task: Task; view: View; hints: Hints; around: Surroundings };

/** How a look at a task ends: all of this version is shown, as far as that can be; or it is looked at again (Unix ms). */
export type Next = { shown: Task } | { lookAt: number };
