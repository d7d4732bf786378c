/**
 * Makes GitHub agree with the task records. Level-triggered: a report reads the task, computes what GitHub should show,
 * changes what differs, and only then marks that version as reported; a change in between goes round again. It may die
 * anywhere and be repeated by any bot. Nothing that may pass (limits, outages) ever counts as told.
 *
 * Of all bots one reports a task at a time, and asks before it speaks to GitHub whether that is still itself. A bot that
 * froze between asking and writing may nevertheless write something old: as soon as it finds out, it has the task looked at
 * again by somebody who believes nothing of what was remembered as shown.
 */
import type { Redis } from "ioredis";
import { NoLongerTaken, type Taken } from "../task/due-set.ts";
import type { Task } from "../task/task.ts";
import { makeFailures } from "./failure.ts";
import { ensurePullRequest } from "./pull-request.ts";
import { MAX_AT_ONCE, startReportLoop } from "./report-loop.ts";
import { makeSeats } from "./seats.ts";
import { showTask } from "./show.ts";
import type { Hints, Next, ReporterDeps } from "./showing.ts";

export type Reporter = {
  /** Resolves when GitHub shows the task, or when a later look is planned. Failures of GitHub are logged and repeated. */
  report(taken: Taken): Promise<void>;
  /** Reports whatever is due: nudged by `changed` messages, by due times, and by a periodic sweep. */
  start(subscriber: Redis): void;
  /** Begins no further report and waits for those under way. */
  stop(): Promise<void>;
};

/** A task that changes faster than it can be told is left to the next look. */
const MAX_ROUNDS = 20;
/** Half of what the loop begins; when they are taken, a task of the same installation waits so long, ms. */
const OF_ONE_INSTALLATION = MAX_AT_ONCE / 2;
const CROWDED_WAIT_MS = 1_000;
/** A mark without a record: somebody removed the task by hand. Looked at rarely, ms. */
const ORPHAN_LOOK_MS = 3_600_000;

export function makeReporter(deps: ReporterDeps): Reporter {
  const { store, now, log } = deps;
  const failures = makeFailures(deps);
  const seats = makeSeats(OF_ONE_INSTALLATION);
  let loop: { stop(): Promise<void> } | undefined;

  async function report(taken: Taken): Promise<void> {
    const id = taken.member;
    const task = await store.read(id);
    if (!task) return void (await taken.postpone(now() + ORPHAN_LOOK_MS));
    const leave = seats.take(task.spec.installationId);
    if (!leave) return void (await taken.postpone(now() + CROWDED_WAIT_MS));
    try {
      const isOurs = await untilShown(task, taken);
      if (!isOurs) await doubt(taken);
    } catch (error) {
      if (!(error instanceof NoLongerTaken)) throw error;
      await doubt(taken);
    } finally {
      leave();
    }
  }

  async function doubt(taken: Taken): Promise<void> {
    log.warn({ task: taken.member }, "another bot reports the task by now: what is shown is looked at again");
    await store.doubt(taken.member, taken, now());
  }

  /** Goes round until nothing changes any more. False when the report is another bot's by now. */
  async function untilShown(first: Task, taken: Taken): Promise<boolean> {
    const id = taken.member;
    let task: Task | undefined = first;
    // Read once: what we wrote ourselves is remembered here even when another bot writes its hints in between.
    let doubtful = await store.doubtOf(id);
    let hints = await readHints(id, doubtful);
    for (let round = 0; task && round < MAX_ROUNDS; round++) {
      const next = await reportOnce(task, taken, hints);
      if ("lookAt" in next) return await taken.postpone(next.lookAt);
      const end = await store.markReported(next.shown, taken, doubtful);
      if (end !== "changed") return end === "told";
      const since = await store.doubtOf(id);
      if (since !== doubtful) hints = await readHints(id, since);
      doubtful = since;
      task = await store.read(id);
    }
    return await taken.postpone(task ? now() : now() + ORPHAN_LOOK_MS);
  }

  /** In doubt only what is found again on GitHub counts: which comment is ours, and that a person deleted it. */
  async function readHints(id: string, doubtful: string): Promise<Hints> {
    const hints: Hints = await store.shown(id);
    if (doubtful === "") return hints;
    const { commentId, deleted } = hints;
    return { ...(commentId !== undefined && { commentId }), ...(deleted && { deleted }) };
  }

  async function reportOnce(task: Task, taken: Taken, hints: Hints): Promise<Next> {
    const held = failures.heldUntil(task.spec.installationId);
    if (held > now()) return { lookAt: held };
    let current = task;
    try {
      const fenced = fence(taken);
      current = await withPullRequest(fenced, task);
      const around = { now: now(), hosts: await deps.hosts(), webUrl: deps.webUrl };
      const lookAt = await showTask(fenced, current, hints, around);
      failures.forget(taken.member);
      return lookAt === undefined ? { shown: current } : { lookAt };
    } catch (error) {
      if (error instanceof NoLongerTaken) throw error;
      return await failures.handle(error, taken.member, current);
    }
  }

  /** Whoever gets at GitHub through this is asked before whether the report is still ours. */
  function fence(taken: Taken): ReporterDeps {
    const forInstallation = async (id: number) => {
      await taken.keep(now());
      return await deps.github.forInstallation(id);
    };
    return { ...deps, github: { ...deps.github, forInstallation } };
  }

  /** The task as it is after its branch, if that was waiting for its pull request, has it. */
  async function withPullRequest({ github }: ReporterDeps, task: Task): Promise<Task> {
    const { spec, pushed, state } = task;
    if (state.name === "settled" || !pushed) return task;
    const octokit = await github.forInstallation(spec.installationId);
    const opened = await ensurePullRequest(octokit, task, pushed, deps.webUrl);
    const news =
      opened.kind === "pull_request"
        ? { name: "pull_request" as const, pullRequest: opened.pullRequest, at: now() }
        : { name: "given_up" as const, version: task.version, outcome: opened, at: now() };
    const settled = await store.advance(spec.id, news);
    log.info({ task: spec.id, opened }, "branch has its pull request");
    return settled ?? (await store.read(spec.id)) ?? task;
  }

  return {
    report,
    start: (subscriber) => {
      loop = startReportLoop(deps, subscriber, report);
    },
    stop: async () => await loop?.stop(),
  };
}
