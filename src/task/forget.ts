/**
 * Takes everything out of Redis that is kept of tasks that are over. That they were once asked for stays, without a word of it: else a
 * delivery that comes again would ask for them anew.
 */
import type { Redis } from "ioredis";
import { keys } from "./keys.ts";
import { makeMessageBook } from "./message-book.ts";
import { warnOfUnreadable } from "./record.ts";
import { listsOf } from "./report-marks.ts";
import type { Task } from "./task.ts";

/** Of a team's task also its plan, with what was said within that; the tasks of its nodes are to be among these. */
export async function forgetTasks(redis: Redis, tasks: readonly Task[]): Promise<void> {
  const inboxes = await Promise.all(tasks.map(({ spec }) => nodeInboxes(redis, spec.id)));
  const offered = await offersOf(redis, new Set(tasks.map(({ spec }) => spec.id)));
  const all = redis.multi();
  for (const { spec, epoch } of tasks) {
    const { id } = spec;
    const outputs = runsOf(epoch).map((run) => keys.keptOutput(id, run));
    const runs = runsOf(epoch).map((run) => keys.runEvents(id, run));
    const own = OF_TASK.map((keyOf) => keyOf(id));
    all.del(...own, ...runs, ...outputs, keys.envelope(`task:${id}`), keys.envelope(`plan:${id}`));
    if (outputs.length > 0) all.zrem(keys.keptOutputs, ...outputs);
    for (const list of listsOf(spec)) all.zrem(list, id);
    if (spec.node) all.del(keys.nodeMessages(spec.node.plan, spec.node.id));
    all.zrem(keys.heartbeats, `run:${id}`).hdel(keys.reserves, id).zrem(keys.plans, id);
  }
  const said = inboxes.flat();
  if (said.length > 0) all.del(...said);
  if (offered.length > 0) all.hdel(keys.offers, ...offered);
  await all.exec();
}

const OF_TASK = [
  ...[keys.task, keys.deedsOf, keys.timeline, keys.oldTimeline, keys.shown, keys.followers],
  ...[keys.messages, keys.messageNumbers, keys.messagesSent, keys.messageFates, keys.messagesDead],
  ...[keys.plan, keys.planTasks, keys.callerTask, keys.callerHooks],
];

const runsOf = (epoch: number): number[] => Array.from({ length: epoch }, (_, nth) => nth + 1);

/** What hosts once knew of them, whole. */
const offersOf = async (redis: Redis, ids: ReadonlySet<string>): Promise<string[]> =>
  (await redis.hkeys(keys.offers)).filter((field) => ids.has(field.split("/", 1)[0] ?? ""));

/** Also of nodes that never had a task. */
async function nodeInboxes(redis: Redis, book: string): Promise<string[]> {
  const sent = await makeMessageBook(redis, warnOfUnreadable).sent(book);
  const nodes = new Set(sent.flatMap(({ to }) => to ?? []));
  return [...nodes].map((node) => keys.nodeMessages(book, node));
}
