/** Reads what the views are made of: tasks, hosts, the queue, the beats of runs. Writes nothing. */
import type { Redis } from "ioredis";
import { type HostView, readRunBeats } from "../task/heartbeat.ts";
import { findTasksInDoubt } from "../task/in-doubt.ts";
import type { TaskQueue } from "../task/queue.ts";
import { isUnusable, knownOf, type Reading } from "../task/record.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { type Conversation, conversation } from "./conversation.ts";
import { type Around, type Why, why } from "./why.ts";

export type ViewSources = {
  redis: Redis;
  store: TaskStore;
  queue: Pick<TaskQueue, "inOrder">;
  hosts: () => Promise<HostView[]>;
  now: () => number;
};

export type IssueView = {
  tasks: Why[];
  conversation: Conversation;
  /** Ids of those whose record is newer or unreadable. */
  inDoubt: string[];
  now: number;
};

export type ViewReader = ReturnType<typeof makeViewReader>;

export function makeViewReader({ redis, store, queue, hosts: readHosts, now }: ViewSources) {
  /** All that a view may depend on, by now. */
  async function around(): Promise<Required<Around>> {
    const [hosts, ids, line] = await Promise.all([readHosts(), store.openIds(), queue.inOrder()]);
    const readings = await lookUpMany(ids);
    const tasks = knownOf(readings.values());
    const lookUp = async (id: string) => readings.get(id) ?? (await store.lookUp(id));
    const [beats, inDoubt] = await Promise.all([
      readRunBeats(
        redis,
        tasks.filter(({ state }) => state.name === "running").map(({ spec }) => spec.id),
      ),
      findTasksInDoubt({ openIds: async () => ids, lookUp }, hosts),
    ]);
    return { now: now(), hosts, tasks, queue: line, beats, inDoubt };
  }

  async function lookUpMany(ids: readonly string[]): Promise<Map<string, Reading<Task>>> {
    return new Map(await Promise.all(ids.map(async (id) => [id, await store.lookUp(id)] as const)));
  }

  /** What was asked for under an issue or a pull request. */
  async function ofIssue(repositoryId: number, number: number): Promise<IssueView> {
    const readings = await lookUpMany(await store.idsOfIssue(repositoryId, number));
    const tasks = knownOf(readings.values());
    // One that is absent was kept for as long as tasks are kept.
    const inDoubt = [...readings].flatMap(([id, reading]) => (isUnusable(reading) ? [id] : []));
    const all = await around();
    return {
      tasks: tasks.map((task) => why(task, all)),
      conversation: conversation(tasks, all.hosts),
      inDoubt,
      now: all.now,
    };
  }

  return { around, ofIssue };
}
