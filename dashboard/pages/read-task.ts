/** Reads what the page of one task is drawn from. */
import { leadersOf } from "../../src/task/followers.ts";
import { inboxOf } from "../../src/task/inbox.ts";
import { openProposal } from "../../src/task/proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { isTaskId } from "../../src/task/task-id.ts";
import type { TaskEvent } from "../../src/task/timeline.ts";
import { type MessageView, messageViews } from "../../src/views/messages.ts";
import { readPullFate } from "../../src/views/pull-fates.ts";
import { why } from "../../src/views/why.ts";
import type { DashboardDeps } from "../deps.ts";
import type { Facts } from "../rows/facts.ts";
import { todayOf } from "./front-figures.ts";
import { standingsIn } from "./front-sections.ts";
import type { TaskSeen } from "./task-state.ts";
import { triedAgain } from "./tried-again.ts";

export type TaskPageDeps = Pick<DashboardDeps, "redis" | "store" | "views" | "webUrl">;

export type TaskRead = TaskSeen & { events: readonly TaskEvent[]; messages: readonly MessageView[] };

/** Undefined where there is none, or its record cannot be read. */
export async function readTask(
  { store, redis, views, webUrl }: TaskPageDeps,
  id: string,
  facts: Facts,
): Promise<TaskRead | undefined> {
  const task = isTaskId(id) ? await store.read(id) : undefined;
  if (!task) return undefined;
  const [waitedFor, teams, events, messages, fate] = await Promise.all([
    store.readMany(leadersOf(task.state)),
    views.teamsOf([task]),
    store.events(id),
    readMessages(store, task),
    readPullFate(redis, task),
  ]);
  const answer = why(task, { ...facts, teams, tasks: [...facts.tasks, ...waitedFor] });
  const spent = todayOf(facts).find(({ place }) => place.repository.id === task.spec.repository.id);
  const today = spent ?? { costUsd: 0, stated: 0, unknown: 0 };
  const standing = standingsIn(facts)(task, fate?.closed);
  const living = facts.hosts.filter(({ alive }) => alive);
  const agents = [...new Set(living.flatMap((host) => host.agents))].sort();
  const hasPlan = teams.has(id) || openProposal(task)?.plan !== undefined;
  const again = triedAgain(facts).get(id);
  const known = {
    task,
    answer,
    hasPlan,
    ...(again && { again }),
    standing,
    ...(fate?.ci && { ci: fate.ci }),
    today,
    agents,
  };
  return { ...known, webUrl, now: facts.now, events, messages };
}

async function readMessages(store: TaskPageDeps["store"], task: Task): Promise<MessageView[]> {
  const { book } = inboxOf(task.spec);
  const [sent, dead, plan] = await Promise.all([
    store.messages.sent(book),
    store.messages.dead(book),
    task.spec.team ? store.plans.read(book) : undefined,
  ]);
  return messageViews({ sent, dead, task, plan });
}
