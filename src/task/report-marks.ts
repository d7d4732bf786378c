/** What is remembered of a task's reports: what GitHub shows of it, whether that is all, and whether it is in doubt. */
import type { Redis } from "ioredis";
import { z } from "zod";
import { dueKeys, makeDueSet, type Taken } from "./due-set.ts";
import { keys, RETENTION_S } from "./keys.ts";
import { readRecord, type TellUnreadable } from "./record.ts";
import type { Task } from "./task.ts";

/** What report has put on GitHub for a task. Times are Unix ms. */
export type Shown = {
  commentId?: number;
  /** Hash of the last comment body, and when it was written. */
  bodyHash?: string;
  editedAt?: number;
  reaction?: string;
  label?: string;
  stalled?: Stalled;
};

/** Why GitHub takes no (further) word of the task for now, since when, and how often it was looked again. */
export type Stalled = { why: string; since: number; looks: number };

/**
 * What a report has to do with besides the record: which doubt there is about what GitHub shows, and how often something has changed that
 * stands elsewhere (a team's plan, its nodes' tasks); both empty when there is none.
 */
export type Seen = { doubt: string; news: string };
const NOTHING: Seen = { doubt: "", news: "" };

/** The lists in which a task stands, two of them. Tasks of nodes are no tasks that somebody asked for: only their plan lists them. */
export function listsOf({ repository, number, conversation, node }: Task["spec"]): [string, string] {
  if (node) return [keys.planTasks(node.plan), keys.planTasks(node.plan)];
  return [keys.issue(repository.id, number), keys.conversation(repository.id, conversation)];
}

/** Its scripts are defined by the store. */
export function makeReportMarks(redis: Redis, tell: TellUnreadable) {
  /** Tasks whose GitHub side may be out of date. Every change of a task plans it here. */
  const reports = makeDueSet(redis, keys.unreported);
  const reportKeys = dueKeys(keys.unreported);
  /** What may have been made twice, or late, on GitHub. */
  const secondLooks = makeDueSet(redis, keys.secondLooks);

  /**
   * GitHub shows this version, and whoever took the report found this doubt. Otherwise the task stays unreported: something
   * has `changed`, or the report is `lost` to another bot.
   */
  async function markReported(
    task: Task,
    { token }: Taken,
    { doubt, news } = NOTHING,
  ): Promise<"told" | "changed" | "lost"> {
    const { id } = task.spec;
    const lists = listsOf(task.spec);
    const taskKeys = [keys.task(id), keys.timeline(id), keys.shown(id), ...lists, keys.oldTimeline(id)];
    const expire = task.state.name === "settled" ? RETENTION_S : 0;
    const values = [id, task.version, token, doubt, expire, keys.reported, news];
    const answer = await redis.orchMarkReported(9, ...taskKeys, ...reportKeys, ...values);
    if (answer === 1) return "told";
    return answer === 0 ? "changed" : "lost";
  }

  /**
   * A bot has found out that the report was no longer its own, and may have written something old to GitHub since: has the
   * task looked at again by somebody who does not rely on what was remembered as shown. So has whoever knows that GitHub has changed
   * what it shows. `token`: tells this doubt from others.
   */
  async function doubt(id: string, { token }: Pick<Taken, "token">, at: number): Promise<void> {
    await redis.orchDoubt(4, keys.task(id), ...reportKeys, id, token, at, keys.changed);
  }

  /** To be read before what a report tells of. */
  async function seen(id: string): Promise<Seen> {
    const [doubt, news] = await redis.hmget(keys.task(id), "doubt", "news");
    return { doubt: doubt ?? "", news: news ?? "" };
  }

  /** Something has changed that the task's report tells of, and that stands not in its record. */
  async function tellNews(id: string, at: number): Promise<void> {
    await redis.orchNews(4, keys.task(id), ...reportKeys, id, at, keys.changed);
  }

  async function shown(id: string): Promise<Shown> {
    const text = await redis.get(keys.shown(id));
    return (text && readRecord<Shown>(keys.shown(id), z.looseObject({}), () => JSON.parse(text), tell)) || {};
  }

  async function remember(id: string, shown: Shown): Promise<void> {
    await redis.set(keys.shown(id), JSON.stringify(shown), "EX", RETENTION_S);
  }

  /** A check run of the task stands on the commit; of several tasks the newest counts. */
  async function markChecked({ id, repository }: Task["spec"], sha: string): Promise<void> {
    await redis.set(keys.checked(repository.id, sha), id, "EX", RETENTION_S);
  }

  /** Id of the task whose check run stands on the commit. */
  const checkedOn = async (repositoryId: number, sha: string) =>
    (await redis.get(keys.checked(repositoryId, sha))) ?? undefined;

  /** Tells all bots that a report is due, now that GitHub may take it. */
  async function hastenReport(id: string, at: number): Promise<void> {
    await reports.plan(id, at);
    await redis.publish(keys.changed, id);
  }

  /** Whose reports have stalled. */
  async function stalledIds(): Promise<{ id: string; stalled: Stalled }[]> {
    const ids = await reports.members();
    const all = await Promise.all(ids.map(async (id) => ({ id, stalled: (await shown(id)).stalled })));
    return all.flatMap(({ id, stalled }) => (stalled ? [{ id, stalled }] : []));
  }

  /** True for one caller, the first one ever: nobody can have shown anything of the task before. */
  const isFirstReport = async (id: string) => (await redis.hdel(keys.task(id), "untold")) === 1;

  return {
    reports,
    secondLooks,
    markReported,
    doubt,
    seen,
    tellNews,
    shown,
    remember,
    isFirstReport,
    hastenReport,
    stalledIds,
    markChecked,
    checkedOn,
  };
}
