/**
 * Tasks in Redis. `change` is the only way to change one: it reads the record, asks `nextTask` what the news makes of
 * it, and writes with a compare-and-set on the record's version. Two writers race freely; a write whose reply was lost
 * and is sent again changes nothing. A record that is not known (src/task/record.ts) is never written. Every change marks
 * the task unreported and says so on the `changed` channel; those that are more than progress go into its timeline.
 */
import type { Redis } from "ioredis";
import { makeCheckedTexts } from "./checked-texts.ts";
import { dueKeys, makeDueSet } from "./due-set.ts";
import { follow, followOne, unfollow } from "./followers.ts";
import { taskOfFormat1 } from "./format-1.ts";
import { makeHistoryNews } from "./history-news.ts";
import { inboxOf, streamOf } from "./inbox.ts";
import { keys, RETENTION_S } from "./keys.ts";
import type { Lane } from "./lane.ts";
import { makeMessages } from "./messages.ts";
import { nextTask } from "./next-state.ts";
import { makePlanStore } from "./plans.ts";
import { makePullChecks } from "./pull-checks.ts";
import { FORMAT, isUnusable, type Reading, reasonOfDoubt, type TellUnreadable, warnOfUnreadable } from "./record.ts";
import { listsOf, makeReportMarks, type Stalled } from "./report-marks.ts";
import type { Routing } from "./routing.ts";
import { type Said, saidText, withSaid } from "./said.ts";
import { defineStoreScripts } from "./store-scripts.ts";
import type { Task } from "./task.ts";
import type { TaskNews } from "./task-news.ts";
import { taskShape } from "./task-shape.ts";
import type { TaskSpec } from "./task-spec.ts";
import { eventOf, eventText, readTimeline } from "./timeline.ts";
import { type Changed, changeVersioned, readVersioned } from "./versioned.ts";
import type { WaitingReason } from "./waiting.ts";

/** How an accepted task begins: it may start by this agent, going on from this task; or it waits. */
export type Beginning =
  | { waits: WaitingReason[] }
  | { waits?: undefined; lane: Lane; continues?: string | undefined; routing?: Routing | undefined };

export type TaskStore = ReturnType<typeof makeTaskStore>;

/**
 * How long after its acceptance a task is told of at first, ms, unless it is over before. By then its agent usually works:
 * told at once it would be a comment and two edits of it, in the very moment in which bot and host have the start of the
 * agent to see to.
 */
const FIRST_WORD_MS = 500;

/** A task is kept for the time of its retention after its end, which is within days of its acceptance. */
const LISTED_MS = 2 * RETENTION_S * 1_000;

type SaidBy = Pick<TaskSpec, "id" | "origin">;

/** A task whose record is newer or cannot be read is told of. */
export function makeTaskStore(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  defineStoreScripts(redis);
  const reportKeys = dueKeys(keys.unreported);
  /** Tasks that wait, or whose job may have to go elsewhere. */
  const dispatches = makeDueSet(redis, keys.dispatch);
  const dispatchKeys = dueKeys(keys.dispatch);
  const texts = makeCheckedTexts();

  async function lookUp(id: string): Promise<Reading<Task>> {
    const [version, record, said] = await redis.hmget(keys.task(id), "version", "record", "said");
    const text = `${version} ${record}`;
    const reading = readVersioned<Task>(texts.shapeFor(id, text, taskShape), [version, record], taskOfFormat1);
    if (isUnusable(reading)) tell(keys.task(id), reasonOfDoubt(reading));
    if (reading.kind !== "known") return reading;
    texts.wasRight(id, text);
    return { ...reading, record: withSaid(reading.record, said) };
  }

  /** For whoever has nothing to do unless the record is known. */
  async function read(id: string): Promise<Task | undefined> {
    const reading = await lookUp(id);
    return reading.kind === "known" ? reading.record : undefined;
  }

  /** Records an accepted task, queued or waiting. Repeating it changes nothing; true when this call created it. */
  async function create(spec: TaskSpec, begin: Beginning): Promise<boolean> {
    const since = spec.acceptedAt;
    const task: Task = { spec, ...beginningOf(begin, since), epoch: 0, version: 1, crashes: [], runs: [] };
    const event = eventText(since, task.state.name, { instruction: spec.instruction, by: spec.actor?.login });
    await follow(redis, spec.id, task.state);
    // GitHub may show something of a task that Redis has forgotten.
    const isTold = (await redis.exists(keys.forgetful)) === 1;
    return await writeNew(task, { event, dueAt: since + FIRST_WORD_MS, isTold });
  }

  /**
   * Records a task that Redis has lost, as its run's host knows it. Nothing is changed where there is a record, in whatever state:
   * true when this call put it back. GitHub shows something of the task already, which its report looks for.
   */
  async function putBack(task: Task, at: number): Promise<boolean> {
    const event = eventText(at, "put back", { epoch: task.epoch, host: task.runs.at(-1)?.host });
    return await writeNew({ ...task, version: 1 }, { event, dueAt: at, isTold: true });
  }

  type New = { event: string; dueAt: number; isTold: boolean };

  async function writeNew(task: Task, { event, dueAt, isTold }: New): Promise<boolean> {
    const { id, acceptedAt } = task.spec;
    const lists = listsOf(task.spec);
    const taskKeys = [keys.task(id), keys.timeline(id), keys.open, ...lists, ...reportKeys];
    const values = [id, textOf(task), acceptedAt, event, dueAt, keys.changed, acceptedAt - LISTED_MS, isTold ? 1 : 0];
    return (await redis.orchCreate(8, ...taskKeys, ...values)) === 1;
  }

  /** What the news makes of the task. `changed`: false when it came too late to matter. */
  const change = async (id: string, news: TaskNews): Promise<Changed<Task>> =>
    await changeVersioned<Task>({
      what: `"${news.name}" for the task ${id}`,
      lookUp: () => lookUp(id),
      next: (task) => nextTask(task, news),
      write: (next, task) => write(next, task, news),
    });

  async function write(next: Task, task: Task, news: TaskNews): Promise<boolean> {
    const { id } = task.spec;
    const settled = next.state.name === "settled" ? "1" : "0";
    await follow(redis, id, next.state);
    const taskKeys = [keys.task(id), keys.timeline(id), keys.open, ...reportKeys];
    const more = [keys.followers(id), ...dispatchKeys, keys.history];
    const values = [id, next.version, textOf(next), eventOf(news), news.at, firstWordIn(task, news), settled];
    const done = await redis.orchAdvance(11, ...taskKeys, ...more, ...values, keys.changed, keys.ready);
    if (done !== 1) return false;
    await unfollow(redis, id, { was: task.state, is: next.state });
    return true;
  }

  /** The task after the news, or undefined when the news came too late to matter, or the record is not known. */
  async function advance(id: string, news: TaskNews): Promise<Task | undefined> {
    const made = await change(id, news);
    return made.kind === "known" && made.changed ? made.record : undefined;
  }

  /**
   * What a run's agent says that it is at. Nothing is changed by a run that is not the current one, or when it is repeated.
   * `nothingWaits`: nothing is to be said to the agent.
   */
  async function say(spec: SaidBy, said: Said, at: number): Promise<{ nothingWaits: boolean }> {
    const { id } = spec;
    const sayKeys = [keys.task(id), ...reportKeys, streamOf(inboxOf(spec))];
    const values = [id, said.epoch, saidText(said), at, FIRST_WORD_MS, FORMAT, keys.changed];
    return { nothingWaits: (await redis.orchSay(5, ...sayKeys, ...values)) === 0 };
  }

  /** Those of them that are not settled, also where the record is in doubt. */
  async function openOf(ids: readonly string[]): Promise<Set<string>> {
    const since = ids.length === 0 ? [] : await redis.zmscore(keys.open, ...ids);
    return new Set(ids.filter((_, index) => since[index] != null));
  }

  /** Ids of tasks that are not settled, oldest first. */
  const openIds = () => redis.zrange(keys.open, "0", "-1");

  /** Ids of an issue's tasks, oldest first. */
  const idsOfIssue = (repositoryId: number, number: number) =>
    redis.zrange(keys.issue(repositoryId, number), "0", "-1");

  /**
   * Ids of the tasks of a conversation, oldest first. What was accepted before there were conversations stands in the list of its
   * issue, or of its pull request `number`, only.
   */
  async function idsOfConversation(
    repositoryId: number,
    { conversation, number }: Pick<TaskSpec, "conversation" | "number">,
  ): Promise<string[]> {
    const issues = [...new Set([conversation, number])].map((each) => keys.issue(repositoryId, each));
    const lists = [keys.conversation(repositoryId, conversation), ...issues];
    return (await redis.zunion(lists.length, ...lists, "AGGREGATE", "MAX")) as string[];
  }

  /** Ids of the tasks that worked on nodes of a plan, oldest first. */
  const idsOfNodes = (plan: string) => redis.zrange(keys.planTasks(plan), "0", "-1");

  /** Has the task looked at when this one is settled. */
  const followOf = (follower: string, leader: string) => followOne(redis, follower, leader);

  async function readMany(ids: readonly string[]): Promise<Task[]> {
    const tasks = await Promise.all(ids.map(read));
    return tasks.filter((task) => task !== undefined);
  }

  /** The task's timeline, oldest first. */
  const events = (id: string) => readTimeline(redis, id);

  const marks = makeReportMarks(redis, tell);

  /** Tasks of which GitHub takes no word for now, and why. */
  async function stalledReports(): Promise<{ task: Task; stalled: Stalled }[]> {
    const all = await Promise.all(
      (await marks.stalledIds()).map(async ({ id, stalled }) => ({ task: await read(id), stalled })),
    );
    return all.flatMap(({ task, stalled }) => (task ? [{ task, stalled }] : []));
  }

  return {
    lookUp,
    read,
    readMany,
    create,
    putBack,
    change,
    advance,
    say,
    openOf,
    openIds,
    idsOfIssue,
    idsOfConversation,
    idsOfNodes,
    followOf,
    dispatches,
    events,
    stalledReports,
    /** What is said to the agents of tasks. */
    messages: makeMessages(redis, tell),
    /** What teams work by. */
    plans: makePlanStore(redis, tell),
    ...marks,
    ...makeHistoryNews(redis),
    ...makePullChecks(redis),
  };
}

/**
 * How long news of a task that gets under way waits to be told, ms: it all goes into the first word. Never longer, though
 * the bot that accepted the task may have a clock that runs ahead of the writer's.
 */
function firstWordIn({ spec }: Task, { name, at }: TaskNews): number {
  const isStart = name === "claimed" || name === "phase" || name === "progress";
  const waits = spec.acceptedAt + FIRST_WORD_MS - at;
  return isStart ? Math.min(FIRST_WORD_MS, Math.max(0, waits)) : 0;
}

function beginningOf(begin: Beginning, since: number): Pick<Task, "state" | "agent" | "continues" | "routing"> {
  if (begin.waits) return { state: { name: "waiting", since, reasons: begin.waits } };
  const { lane, continues, routing } = begin;
  return {
    state: { name: "queued", since, lane },
    agent: lane.agent,
    ...(continues !== undefined && { continues }),
    ...(routing && { routing }),
  };
}

/** What a newer Orch has added to the record stays in it. */
const textOf = (task: Task): string => JSON.stringify({ ...task, format: FORMAT });
