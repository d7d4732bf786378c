/** What the bot gives its dashboard. Each part takes of it what it needs. */
import type { Redis } from "ioredis";
import type { GitHub } from "../src/github.ts";
import type { Inbox } from "../src/intake/inbox.ts";
import type { Logger } from "../src/log.ts";
import type { CallerReplies } from "../src/task/caller-replies.ts";
import type { Deeds } from "../src/task/deeds.ts";
import type { HostView } from "../src/task/hosts.ts";
import type { PlanStore } from "../src/task/plans.ts";
import type { TaskQueue } from "../src/task/queue.ts";
import type { ScheduleStore } from "../src/task/schedules.ts";
import type { TaskStore } from "../src/task/store.ts";
import type { ViewReader } from "../src/views/reader.ts";

export type DashboardDeps = {
  redis: Redis;
  /** Hears `keys.changed` already; whoever subscribes to more of it keeps its other listeners. */
  subscriber: Redis;
  store: TaskStore;
  queue: TaskQueue;
  plans: PlanStore;
  schedules: ScheduleStore;
  hosts: () => Promise<HostView[]>;
  views: ViewReader;
  inbox: Inbox;
  callers: CallerReplies;
  deeds: Deeds;
  github: GitHub;
  /** Has the bot look into its inbox at once. */
  wakeIntake: () => void;
  /** Whether Redis may be trusted with what somebody asks for. */
  isFit: () => boolean;
  /** Where the history of tasks that are over stands; none: it is not kept. */
  historyFile?: string | undefined;
  /** E.g. https://github.com */
  webUrl: string;
  /** Unix ms. */
  now: () => number;
  log: Logger;
};
