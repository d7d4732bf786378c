/**
 * Every Redis key of Orch, in one place. BullMQ keeps its own under `bull:orch` and `bull:orch-…`. Beside a due set stand
 * `<its key>:taken` and `<its key>:news` (`due-set.ts`).
 */
import { OLD_QUEUE } from "./lane.ts";

export const keys = {
  task: (id: string) => `orch:task:${id}`,
  /** Stream of what happened to a task, for timelines. */
  events: (id: string) => `orch:task:${id}:events`,
  /** What report has created on GitHub for a task: hints, found again by marker when lost. */
  shown: (id: string) => `orch:task:${id}:shown`,
  /** Sorted set: tasks that are not settled, by the time they were accepted. */
  open: "orch:open",
  /** Due set: tasks whose GitHub side may be out of date. */
  unreported: "orch:unreported",
  /** Sorted set: tasks of an issue or pull request, by the time they were accepted. */
  issue: (repositoryId: number, number: number) => `orch:issue:${repositoryId}:${number}`,
  /** Hash: repository -> the tag of its last task in a lane, which says when it is its turn there again. */
  turns: (lane: string) => (lane === OLD_QUEUE ? "orch:turns" : `orch:turns:${lane}`),
  /** Sorted set: names of lanes, by when the last job came that is, or will be, in it. */
  lanes: "orch:lanes",
  /** Sorted set: `host:<id>` by its last beat, `run:<task>` by its agent's last output. */
  heartbeats: "orch:heartbeats",
  /** Hash: host id -> what the host says of itself. */
  hosts: "orch:hosts",
  /** A comment with commands as it was signed, or what became of it: whoever delivers it again finds this. */
  inboxComment: (comment: string) => `orch:inbox:${comment}`,
  /** Sorted set: comments of one issue or pull request that wait for intake, by comment id. */
  inboxIssue: (issue: string) => `orch:inbox:issue:${issue}`,
  /** Due set: issues and pull requests with waiting comments. */
  inbox: "orch:inbox",
  /** What the bots have caught up on of GitHub's failed deliveries, as JSON. */
  caughtUp: "orch:caught-up",
  /** Due set: the one round of that name. */
  round: (name: string) => `orch:round:${name}`,
  /** The runs that had no job in the last sweep, as JSON. */
  jobless: "orch:jobless",
  /** How often GitHub was asked to deliver again, as JSON. */
  redelivered: (guid: string) => `orch:redelivered:${guid}`,
  /** Channel: the name of a lane in which there is a job to take. */
  jobs: "orch:jobs",
  /** Channel: the id of a task that has just changed. */
  changed: "orch:changed",
  /** Channel: the id of a task of which GitHub now shows everything. */
  reported: "orch:reported",
} as const;

/** How long a settled task, its timeline and its ledger entries are kept: 90 days, in seconds. */
export const RETENTION_S = 90 * 24 * 3600;
