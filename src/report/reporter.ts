/**
 * Makes GitHub agree with the task records. Level-triggered: a report reads the task, computes what GitHub should show,
 * changes what differs, and only then marks that version as reported; a change in between goes round again. It may die
 * anywhere and be repeated by any bot. Nothing that may pass (limits, outages) ever counts as told.
 *
 * In this process there is one report per task at a time; a further call makes the running one go round once more.
 */
import type { Redis } from "ioredis";
import type { Task } from "../task/task.ts";
import { makeFailures } from "./failure.ts";
import { ensurePullRequest } from "./pull-request.ts";
import { MAX_AT_ONCE, makeReportLoop } from "./report-loop.ts";
import { makeSeats } from "./seats.ts";
import { showTask } from "./show.ts";
import type { Hints, ReporterDeps } from "./showing.ts";

export type Reporter = {
  /** Resolves when GitHub shows the task, or when a later look is planned. Never rejects: failures are logged and repeated. */
  report(id: string): Promise<void>;
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
  const { store, now } = deps;
  const failures = makeFailures(deps);
  const seats = makeSeats(OF_ONE_INSTALLATION);
  const underWay = new Map<string, { again: boolean; done: Promise<void> }>();

  function report(id: string): Promise<void> {
    const running = underWay.get(id);
    if (running) {
      running.again = true;
      return running.done;
    }
    const entry = { again: false, done: Promise.resolve() };
    underWay.set(id, entry);
    entry.done = untilQuiet(id, entry).finally(() => underWay.delete(id));
    return entry.done;
  }

  async function untilQuiet(id: string, entry: { again: boolean }): Promise<void> {
    do {
      entry.again = false;
      await once(id);
    } while (entry.again);
  }

  async function once(id: string): Promise<void> {
    let task: Task | undefined;
    let leave: (() => void) | undefined;
    try {
      task = await store.read(id);
      leave = task && seats.take(task.spec.installationId);
      if (task && !leave) return await store.postponeReport(id, now() + CROWDED_WAIT_MS);
      // Read once: what we wrote ourselves is remembered here even when another bot writes its hints in between.
      const hints: Hints = await store.shown(id);
      for (let round = 0; round < MAX_ROUNDS; round++) {
        if (!task) return await store.postponeReport(id, now() + ORPHAN_LOOK_MS);
        const held = failures.heldUntil(task.spec.installationId);
        if (held > now()) return await store.postponeReport(id, held);
        if (await isQuiet(task, hints)) return failures.forget(id);
        task = await store.read(id);
      }
      await store.postponeReport(id, now());
    } catch (error) {
      await failures.handle(error, id, task);
    } finally {
      leave?.();
    }
  }

  /** True when nothing is left to do for this version, or not before a planned look. */
  async function isQuiet(task: Task, hints: Hints): Promise<boolean> {
    const { id } = task.spec;
    if (await openedPullRequest(task)) return false;
    const around = { now: now(), hosts: await deps.hosts(), webUrl: deps.webUrl };
    const lookAgainAt = await showTask(deps, task, hints, around);
    if (lookAgainAt === undefined) return await store.markReported(task);
    await store.postponeReport(id, lookAgainAt);
    // A change just before the postponement would have to wait for it.
    return (await store.read(id))?.version === task.version;
  }

  /** True when the task's branch was waiting for its pull request, and the task is now settled. */
  async function openedPullRequest(task: Task): Promise<boolean> {
    const { spec, pushed, state } = task;
    if (state.name === "settled" || !pushed) return false;
    const octokit = await deps.github.forInstallation(spec.installationId);
    const opened = await ensurePullRequest(octokit, task, pushed, deps.webUrl);
    const news =
      opened.kind === "pull_request"
        ? { name: "pull_request" as const, pullRequest: opened.pullRequest, at: now() }
        : { name: "given_up" as const, version: task.version, outcome: opened, at: now() };
    await store.advance(spec.id, news);
    deps.log.info({ task: spec.id, opened }, "branch has its pull request");
    return true;
  }

  const loop = makeReportLoop(deps, report);

  async function stop(): Promise<void> {
    await loop.stop();
    await Promise.all([...underWay.values()].map(({ done }) => done));
  }

  return { report, start: loop.start, stop };
}
