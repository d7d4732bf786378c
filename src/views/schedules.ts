/** The schedules of all repositories: when each comes next, what it asked for last, and why it asked for nothing. Times are Unix ms. */
import { partsOf, type ScheduleStore, type SkipReason, scheduleKey } from "../task/schedules.ts";
import type { TaskStore } from "../task/store.ts";
import { bare } from "../text/quote.ts";
import { type TaskView, taskView } from "./task-view.ts";

export type ScheduleView = {
  name: string;
  /** owner/name */
  repository: string;
  repositoryId: number;
  /** Of the issue or pull request where it asks; unknown before Orch has opened one. */
  number?: number;
  cron: string;
  timezone: string;
  request: string;
  agent?: string;
  /** Unknown for the moment after its file was read. */
  nextAt?: number;
  /** `task`: unless that was refused, or is not kept any more. */
  last?: { dueAt: number; id: string; task?: TaskView };
  /** The last time that it asked for nothing, unless it has asked since. */
  skipped?: { dueAt: number; reason: SkipReason };
};

/** A repository whose file cannot be used: it has no schedules, and its tasks are refused. */
export type UnusableFile = { repository: string; repositoryId: number; problem: string };

export type SchedulesView = { schedules: ScheduleView[]; unusable: UnusableFile[] };

const LINES = 12;

/** Some of it is what somebody wrote into the file. */
const linesOf = (problem: string): string =>
  problem
    .split("\n", LINES)
    .map((line) => bare(line, 300))
    .join("\n");

/** The next one to come first. */
export async function readSchedules(store: ScheduleStore, tasks: Pick<TaskStore, "readMany">): Promise<SchedulesView> {
  const [repositories, files, states] = await Promise.all([store.repositories(), store.allFiles(), store.allStates()]);
  const ids = [...states.values()].flatMap(({ last }) => (last ? [last.task] : []));
  const known = new Map((await tasks.readMany(ids)).map((task) => [task.spec.id, taskView(task)]));
  const schedules: ScheduleView[] = [];
  const unusable: UnusableFile[] = [];
  for (const [id, file] of files) {
    const place = repositories.get(id);
    const repository = place ? bare(`${place.owner}/${place.name}`, 140) : id;
    const { repositoryId } = partsOf(id);
    if (file.problem !== undefined) unusable.push({ repository, repositoryId, problem: linesOf(file.problem) });
    for (const { name, cron, timezone, instruction, issue, agent } of file.schedules) {
      const state = states.get(scheduleKey(repositoryId, name));
      const { last, skipped } = state ?? {};
      const number = issue ?? state?.issue?.number;
      const task = last && known.get(last.task);
      schedules.push({
        ...{ name, repository, repositoryId },
        ...(number !== undefined && { number }),
        cron,
        timezone,
        request: bare(instruction, 200),
        ...(agent !== undefined && { agent: bare(agent, 80) }),
        ...(state && { nextAt: state.nextAt }),
        ...(last && { last: { dueAt: last.dueAt, id: last.task, ...(task && { task }) } }),
        ...(skipped && { skipped }),
      });
    }
  }
  const byNext = (one: ScheduleView, other: ScheduleView) => (one.nextAt ?? 0) - (other.nextAt ?? 0);
  return { schedules: schedules.toSorted(byNext), unusable };
}
