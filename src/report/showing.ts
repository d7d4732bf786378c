/** What the parts of a report share: what they are given, the task, what it should look like, and what is remembered of GitHub. */

import type { Budget } from "../budget.ts";
import type { GitHub } from "../github.ts";
import type { Logger } from "../log.ts";
import type { HostView } from "../task/hosts.ts";
import type { AskingLabels } from "../task/labels.ts";
import type { Paused } from "../task/pause.ts";
import type { Shown } from "../task/report-marks.ts";
import type { HandedOn } from "../task/review.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { Team } from "../views/plan-view.ts";
import type { Surroundings } from "./facts.ts";
import type { View } from "./view.ts";

/** The store's hints, and some that only concern us. */
export type Hints = Shown & {
  /** What the comment tells of; see `View`. */
  turn?: string;
  phase?: string;
  words?: string;
  /** Edits of the comment in which the agent said nothing new. */
  quietEdits?: number;
  reactionId?: number;
  /** Our reactions to messages for its agent, by what said them; and those of which it was told that they were not delivered. */
  said?: Record<string, { reaction: string; id?: number }>;
  undelivered?: string[];
  /** Questions of its agents for whose answer it was called. */
  called?: string[];
  checksHash?: string;
  /** Our check runs, by commit. */
  checks?: Record<string, number>;
  /** Commits on which they have their annotations. */
  annotated?: string[];
  /** What somebody began to create: it may stand on GitHub though nobody has heard so. */
  tried?: string[];
  /** A person deleted the progress comment: once it was written again, the second time it stays away. */
  deleted?: "once" | "twice";
};

export type ShowDeps = {
  store: TaskStore;
  github: GitHub;
  budget: Budget;
  /** Whether a commit status stands beside each check run. */
  commitStatus: boolean;
  /** By which people ask. */
  labels: AskingLabels;
  /** HMAC key for markers. The same for all bots, for ever: another key cannot find the old comments. */
  secret: string;
  /** Unix ms. */
  now: () => number;
};

export type ReporterDeps = ShowDeps & {
  /** E.g. https://github.com */
  webUrl: string;
  log: Logger;
  hosts: () => Promise<HostView[]>;
  paused: () => Promise<Paused>;
  /** Has follow what comes of a task that is over; what became of a review's findings. */
  followUp: (task: Task) => Promise<HandedOn | undefined>;
  /** The plan of a team's task, once it is approved. */
  teamOf: (task: Task) => Promise<Team | undefined>;
  /** Redis may say that nothing of a task was shown yet, because it was restored from before that. */
  hasForgotten: () => Promise<boolean>;
};

/** `first`: nothing can have been shown before. `look`: nothing of what is remembered is believed, GitHub is looked at. */
export type Showing = { task: Task; view: View; hints: Hints; around: Surroundings; first: boolean; look: boolean };

/**
 * How a look at a task ends: all of this version is shown; or it is looked at again (Unix ms); or GitHub takes no word of it
 * for now, so that it is looked at ever more seldom.
 */
export type Next = { shown: Task } | { lookAt: number } | { stalled: string };
