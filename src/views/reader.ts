/** Reads what the views are made of: tasks, hosts, the queue, the beats of runs. Writes nothing. */
import type { Redis } from "ioredis";
import { leadersOf } from "../task/followers.ts";
import { textHeldUntil } from "../task/github-budget.ts";
import { readRunBeats } from "../task/heartbeat.ts";
import type { HostView } from "../task/hosts.ts";
import { findTasksInDoubt } from "../task/in-doubt.ts";
import { readPause } from "../task/pause.ts";
import type { TaskQueue } from "../task/queue.ts";
import { isUnusable, knownOf, type Reading } from "../task/record.ts";
import { readRunEvents } from "../task/run-events.ts";
import type { TaskStore } from "../task/store.ts";
import { progressOf, type Task } from "../task/task.ts";
import type { Around } from "./around.ts";
import type { EnvelopeView } from "./budget.ts";
import { type Conversing, envelopesFor } from "./budgets-of.ts";
import { type Conversation, conversation } from "./conversation.ts";
import { logLines } from "./log-lines.ts";
import { evidenceOf } from "./outcome-view.ts";
import type { Team } from "./plan-view.ts";
import { readPullFates } from "./pull-fates.ts";
import { readTeam } from "./read-team.ts";
import { type TaskView, taskView } from "./task-view.ts";
import { type Why, why } from "./why.ts";

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
  /** Envelopes of these tasks and of their conversation that limit something. */
  budget: EnvelopeView[];
  /** Ids of those whose record is newer or unreadable. */
  inDoubt: string[];
  now: number;
};

/** The last of what a task's newest run has said and done; hostile lines, oldest first. */
export type LogView = { task: TaskView; lines: string[]; now: number };

/** Far more lines than anybody is shown. */
const LOG_EVENTS = 60;

type Asking = Omit<Conversing, "id"> & { number: number };

export type ViewReader = ReturnType<typeof makeViewReader>;

export function makeViewReader({ redis, store, queue, hosts: readHosts, now }: ViewSources) {
  /** All that a view may depend on, by now. */
  async function around(): Promise<Required<Omit<Around, "teams">>> {
    const [hosts, ids, line, paused] = await Promise.all([
      readHosts(),
      store.openIds(),
      queue.inOrder(),
      readPause(redis),
    ]);
    const readings = await lookUpMany(ids);
    const tasks = knownOf(readings.values());
    const lookUp = async (id: string) => readings.get(id) ?? (await store.lookUp(id));
    const [beats, inDoubt, textHeld, fates] = await Promise.all([
      readRunBeats(
        redis,
        tasks.filter(({ state }) => state.name === "running").map(({ spec }) => spec.id),
      ),
      findTasksInDoubt({ openIds: async () => ids, lookUp }, hosts),
      heldTexts(tasks),
      readPullFates(redis, tasks),
    ]);
    return { now: now(), hosts, tasks, queue: line, beats, inDoubt, textHeld, fates, paused };
  }

  /** Only of installations that have a pull request to open. */
  async function heldTexts(tasks: readonly Task[]): Promise<Map<number, number>> {
    const ids = new Set(tasks.filter(({ pushed }) => pushed).map(({ spec }) => spec.installationId));
    const held = [...ids].map(async (id) => [id, await textHeldUntil(redis, id, now())] as const);
    return new Map((await Promise.all(held)).filter((each): each is [number, number] => each[1] !== undefined));
  }

  /** The same with what is known of the pull requests of tasks that are over. */
  async function withEnds<All extends Pick<Around, "fates">>(all: All, ended: readonly Task[]): Promise<All> {
    return { ...all, fates: new Map([...(all.fates ?? []), ...(await readPullFates(redis, ended))]) };
  }

  /** The plans of those that are teams'. */
  async function teamsOf(tasks: readonly Task[]): Promise<Map<string, Team>> {
    const found = await Promise.all(tasks.map(async (task) => [task.spec.id, await readTeam(store, task)] as const));
    return new Map(found.filter((each): each is [string, Team] => each[1] !== undefined));
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
    const [whole, teams] = await Promise.all([around(), teamsOf(tasks)]);
    const all = { ...whole, teams };
    const newest = tasks.at(-1)?.spec;
    return {
      tasks: tasks.map((task) => why(task, all)),
      budget: newest
        ? await envelopesFor(redis, all, { ...newest, actor: undefined }, tasks, ["task", "plan", "conversation"])
        : [],
      conversation: conversation(tasks, all.hosts),
      inDoubt,
      now: all.now,
    };
  }

  /** One task, with what it waits for, which may be over and then is not among the open ones. */
  async function ofTask(task: Task): Promise<{ answer: Why; now: number }> {
    const [all, waitedFor, teams] = await Promise.all([
      around(),
      store.readMany(leadersOf(task.state)),
      teamsOf([task]),
    ]);
    return { answer: why(task, { ...all, teams, tasks: [...all.tasks, ...waitedFor] }), now: all.now };
  }

  /** What a run said is kept for a day; of an older one there is what its record has kept. */
  async function logOf(task: Task): Promise<LogView> {
    const [hosts, { events }] = await Promise.all([
      readHosts(),
      readRunEvents(redis, task.spec.id, task.epoch, { limit: LOG_EVENTS }),
    ]);
    const lines = events.flatMap(logLines);
    return { task: taskView(task, hosts), lines: lines.length > 0 ? lines : keptLines(task), now: now() };
  }

  /** What limits the tasks of a conversation, and those that this person would ask for there. */
  async function budgetsOf({ number, ...asking }: Asking): Promise<EnvelopeView[]> {
    const tasks = await store.readMany(await store.idsOfConversation(asking.repository.id, { ...asking, number }));
    const around = { hosts: await readHosts(), now: now() };
    return await envelopesFor(redis, around, asking, tasks, ["task", "plan", "conversation", "person", "repository"]);
  }

  return { around, withEnds, teamsOf, ofIssue, ofTask, logOf, budgetsOf };
}

function keptLines(task: Task): string[] {
  const end = task.state.name === "settled" ? evidenceOf(task, task.state.outcome).at(-1)?.text : undefined;
  const text = end ?? progressOf(task).lastLines ?? "";
  return text === "" ? [] : text.split("\n");
}
