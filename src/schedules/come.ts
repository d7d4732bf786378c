/**
 * A schedule that is looked at: is it due, and if so, does it ask? What it asks for becomes a request in the inbox. Every
 * step may be repeated: a time is asked for under its own name, and is written down before it is asked for.
 */

import { requestOfSchedule, sourceOfSchedule } from "../events/on-schedule.ts";
import { fenced } from "../fence.ts";
import { classify, isFinal } from "../github.ts";
import type { Inbox } from "../intake/inbox.ts";
import { type Request, requestNameOf, taskIdIn } from "../intake/request.ts";
import type { Logger } from "../log.ts";
import { ensureReply } from "../report/reply.ts";
import { lastTime, nextTime } from "../settings/cron.ts";
import { NoLongerTaken, type Taken } from "../task/due-set.ts";
import {
  type KnownRepository,
  partsOf,
  type Schedule,
  type ScheduleState,
  type ScheduleStore,
  type SkipReason,
} from "../task/schedules.ts";
import type { TaskStore } from "../task/store.ts";
import { bare } from "../text/quote.ts";
import { skippedFor } from "../words/schedule-words.ts";
import { findIssue, type IssueDeps } from "./schedule-issue.ts";

export type ComeDeps = IssueDeps & {
  schedules: ScheduleStore;
  store: TaskStore;
  inbox: Inbox;
  wakeIntake: () => void;
  now: () => number;
  log: Logger;
};

/** What came while no bot was running is made up for, once, if it is not older, ms. */
const MADE_UP_FOR_MS = 12 * 3600_000;

/** For whoever has taken a schedule. */
type Claimed = ComeDeps & {
  /** Somebody who died or froze had begun with it. */
  abandoned: boolean;
};

type Known = { taken: Taken; repository: KnownRepository; schedule: Schedule; state: ScheduleState };

/** Throws what may pass, for the loop to come back. */
export async function lookAtSchedule(deps: ComeDeps, taken: Taken): Promise<void> {
  const { schedules, now } = deps;
  // What is made there without an answer is looked for by whoever made it.
  const github = fenced(deps.github, taken, { now, onUnanswered: async () => undefined });
  const claimed: Claimed = { ...deps, github, abandoned: taken.abandoned };
  const { repositoryId, name } = partsOf(taken.member);
  const [repository, file] = await Promise.all([schedules.repository(repositoryId), schedules.file(repositoryId)]);
  const schedule = file?.schedules.find((each) => each.name === name);
  if (!repository || !schedule) return void (await taken.done());
  const before = await schedules.state(taken.member);
  const isPlanned = before?.cron === schedule.cron && before.timezone === schedule.timezone;
  if (before && isPlanned && before.nextAt > now()) return void (await taken.postpone(before.nextAt));
  const state = before && isPlanned ? await come(claimed, { taken, repository, schedule, state: before }) : before;
  await goOn(deps, { taken, schedule, state });
}

/** Until its next time; what has passed meanwhile is not made up for. */
async function goOn(
  deps: ComeDeps,
  { taken, schedule, state }: Pick<Known, "taken" | "schedule"> & { state: ScheduleState | undefined },
): Promise<void> {
  const nextAt = nextTime(schedule, deps.now());
  if (nextAt === undefined) return void (await taken.done());
  const { cron, timezone } = schedule;
  await save(deps, taken, { ...state, cron, timezone, nextAt });
  await taken.postpone(nextAt);
}

async function save({ schedules }: ComeDeps, taken: Taken, state: ScheduleState): Promise<void> {
  if (!(await schedules.saveState(taken, state))) throw new NoLongerTaken(taken.member);
}

async function come(deps: Claimed, known: Known): Promise<ScheduleState> {
  const { state, schedule, repository } = known;
  const until = deps.now();
  const dueAt = lastTime(schedule, { from: Math.max(state.nextAt, until - MADE_UP_FOR_MS), until });
  const about = { repo: repository.id, schedule: schedule.name };
  const end = dueAt === undefined ? skip(state.nextAt, { kind: "missed" }) : await askUnlessRefused(deps, known, dueAt);
  const { skipped: _, ...rest } = state;
  if ("skipped" in end) deps.log.info({ ...about, ...end.skipped }, "a schedule was due and has asked for nothing");
  else deps.log.info({ ...about, ...end.last }, "a schedule has asked");
  return { ...rest, ...end };
}

type End = Pick<ScheduleState, "last" | "issue"> | { skipped: NonNullable<ScheduleState["skipped"]> };
const skip = (dueAt: number, reason: SkipReason) => ({ skipped: { dueAt, reason } });

/** What GitHub will answer the same way for a while is no reason to come back every minute. */
async function askUnlessRefused(deps: Claimed, known: Known, dueAt: number): Promise<End> {
  try {
    return await ask(deps, known, dueAt);
  } catch (error) {
    const failure = classify(error);
    if (!isFinal(failure) && failure !== "forbidden" && failure !== "invalid") throw error;
    deps.log.warn({ err: error, failure, schedule: known.taken.member }, "a schedule cannot ask");
    return skip(dueAt, { kind: "refused", message: bare((error as Error).message, 200) });
  }
}

async function ask(deps: Claimed, known: Known, dueAt: number): Promise<End> {
  const { taken, repository, schedule, state } = known;
  const open = await openTask(deps, known, dueAt);
  if (open !== undefined) return await skipFor(deps, known, dueAt, open);
  const octokit = await deps.github.forInstallation(repository.installationId);
  const place = { owner: repository.owner, repo: repository.name };
  const { data } = await octokit.rest.repos.get(place);
  if (data.id !== repository.id) return skip(dueAt, { kind: "refused", message: "another repository has its name" });
  if (data.archived) return skip(dueAt, { kind: "repository_archived" });
  const present = { id: data.id, owner: data.owner.login, name: data.name };
  const { installationId } = repository;
  const issue = await findIssue(deps, { octokit, installationId, repository: present, schedule, state });
  if ("skip" in issue) return skip(dueAt, issue.skip);
  const { number, on, own } = issue;
  const where = { installationId, repository: { ...present, defaultBranch: data.default_branch }, number, on };
  const request = requestOfSchedule(schedule, where, { dueAt, now: deps.now() });
  const asked = { last: { dueAt, task: taskIdIn(request, 1), issue: number }, ...(own && { issue: own }) };
  // Written down first: whoever takes over knows what was asked for.
  await save(deps, taken, { ...state, ...asked });
  await deps.inbox.record(request);
  deps.wakeIntake();
  return asked;
}

/** The id of what it asked for last, unless that is over or what it asks for now. In doubt it is not over. */
async function openTask(
  { store, inbox }: ComeDeps,
  { repository, schedule, state: { last } }: Known,
  dueAt: number,
): Promise<string | undefined> {
  if (!last || last.dueAt === dueAt) return undefined;
  const reading = await store.lookUp(last.task);
  if (reading.kind === "known") return reading.record.state.name === "settled" ? undefined : last.task;
  if (reading.kind !== "absent") return last.task;
  const name = requestNameOf(repository.id, sourceOfSchedule(schedule.name, last.dueAt));
  const { kind } = await inbox.read(name);
  return kind === "done" || kind === "deleted" ? undefined : last.task;
}

/** Said where that task is told of, once for each task. */
async function skipFor(deps: Claimed, known: Known, dueAt: number, task: string): Promise<End> {
  const { taken, repository, schedule, state } = known;
  const reason = { kind: "task_open", task } as const;
  const before = state.skipped?.reason;
  const isSaid = before?.kind === "task_open" && before.task === task;
  if (isSaid || !state.last) return skip(dueAt, reason);
  const { id, owner, name, installationId } = repository;
  const place: Pick<Request, "installationId" | "number"> = { installationId, number: state.last.issue };
  const reply = {
    ...place,
    repository: { id, owner, name },
    since: state.last.dueAt,
    key: `${id}-skipped-for-${task}`,
  };
  await ensureReply(deps, { ...reply, body: skippedFor(schedule.name, reason) }).catch((error: unknown) => {
    const failure = classify(error);
    if (!isFinal(failure) && failure !== "forbidden" && failure !== "invalid") throw error;
    deps.log.warn({ err: error, failure, schedule: taken.member }, "GitHub does not let us say what was skipped");
  });
  return skip(dueAt, reason);
}
