/**
 * Makes GitHub agree with the task records. Level-triggered: a report reads the task, computes what GitHub should show,
 * changes what differs, and only then marks that version as reported; a change in between goes round again. It may die
 * anywhere and be repeated by any bot. Nothing that may pass (limits, outages) ever counts as told, and nothing that is not
 * told falls out of what is looked at.
 *
 * Of all bots one reports a task at a time, from behind a fence (`src/fence.ts`). What was on its way when it froze or died may
 * nevertheless arrive late: whoever finds that out, the frozen one or the one that takes over, has the task looked at again by
 * somebody who believes nothing of what was remembered as shown.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { fenced } from "../fence.ts";
import { NoLongerTaken, type Taken } from "../task/due-set.ts";
import type { Task } from "../task/task.ts";
import { tasksOfIssue } from "./agree.ts";
import { makeFailures } from "./failure.ts";
import { ensurePullRequest } from "./pull-request.ts";
import { MAX_AT_ONCE, startReportLoop } from "./report-loop.ts";
import { makeSeats } from "./seats.ts";
import { planSecondLook, startSecondLooks } from "./second-look.ts";
import { showTask } from "./show.ts";
import type { Hints, Next, ReporterDeps } from "./showing.ts";
import { isOver, nextLookAt, stalledAgain } from "./stall.ts";
import { viewOf } from "./view.ts";
import { withReview } from "./with-review.ts";

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
/** Between two tries to leave a doubt while Redis is away, ms. */
const DOUBT_RETRY_MS = 1_000;

/** Nobody can have opened a pull request by hand yet, ms after the run began to publish. */
const JUST_PUSHED_MS = 30_000;
/** As something that was tried. */
const PULL_REQUEST = "pull request";

/** What a report knows of earlier ones. */
type Memory = { hints: Hints; first: boolean; look: boolean };

export function makeReporter(deps: ReporterDeps): Reporter {
  const { store, now, log } = deps;
  const failures = makeFailures(deps);
  const seats = makeSeats(OF_ONE_INSTALLATION);
  const stopping = new AbortController();
  let loops: { stop(): Promise<void> }[] = [];

  async function report(taken: Taken): Promise<void> {
    const id = taken.member;
    const task = await store.read(id);
    if (!task) return void (await taken.postpone(now() + ORPHAN_LOOK_MS));
    const leave = seats.take(task.spec.installationId);
    if (!leave) return void (await taken.postpone(now() + CROWDED_WAIT_MS));
    try {
      if (taken.abandoned) await expectLateChanges(taken);
      const isOurs = await untilShown(task, taken);
      if (!isOurs) await doubt(taken);
    } catch (error) {
      if (!(error instanceof NoLongerTaken)) throw error;
      await doubt(taken);
    } finally {
      leave();
    }
  }

  /** What a bot that died or froze had on its way may arrive when we have told everything. */
  async function expectLateChanges(taken: Taken): Promise<void> {
    await store.doubt(taken.member, taken, now());
    await planSecondLook(deps, { kind: "task", id: taken.member });
  }

  /** Whoever else has told the task may be done with it: nobody but us knows that something old may stand there. */
  async function doubt(taken: Taken): Promise<void> {
    log.warn({ task: taken.member }, "another bot reports the task by now: what is shown is looked at again");
    for (;;) {
      try {
        return await store.doubt(taken.member, taken, now());
      } catch (error) {
        if (stopping.signal.aborted) throw error;
        log.warn({ err: error, task: taken.member }, "what is shown could not be put in doubt: tried again");
        await delay(DOUBT_RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  /** Goes round until nothing changes any more. False when the report is another bot's by now. */
  async function untilShown(first: Task, taken: Taken): Promise<boolean> {
    const id = taken.member;
    let task: Task | undefined = first;
    // Read once: what we wrote ourselves is remembered here even when another bot writes its hints in between.
    let seen = await store.seen(id);
    let memory = await recall(id, seen.doubt);
    for (let round = 0; task && round < MAX_ROUNDS; round++) {
      const next = await reportOnce(task, taken, memory);
      if ("lookAt" in next) return await taken.postpone(next.lookAt);
      await rememberStall(id, memory.hints, "stalled" in next ? next.stalled : undefined);
      const { stalled } = memory.hints;
      if (stalled && !isOver(stalled, now())) return await taken.postpone(nextLookAt(stalled, now()));
      const shown = "shown" in next ? next.shown : task;
      const end = await store.markReported(shown, taken, seen);
      if (end !== "changed") return end === "told";
      const since = await store.seen(id);
      memory = since.doubt === seen.doubt ? { ...memory, first: false, look: false } : await recall(id, since.doubt);
      seen = since;
      task = await store.read(id);
    }
    return await taken.postpone(task ? now() : now() + ORPHAN_LOOK_MS);
  }

  /** In doubt only what is found again on GitHub counts: which comment is ours, and that a person deleted it. */
  async function recall(id: string, doubtful: string): Promise<Memory> {
    const first = (await store.isFirstReport(id)) && !(await deps.hasForgotten());
    const hints: Hints = await store.shown(id);
    if (doubtful === "") return { hints, first, look: !first && Object.keys(hints).length === 0 };
    const { commentId, deleted, stalled } = hints;
    const kept = { ...(commentId !== undefined && { commentId }), ...(deleted && { deleted }) };
    return { hints: { ...kept, ...(stalled && { stalled }) }, first: false, look: true };
  }

  async function reportOnce(task: Task, taken: Taken, memory: Memory): Promise<Next> {
    // What becomes of a node's task, the comment of its team's task tells.
    if (task.spec.node) await store.tellNews(task.spec.node.plan, now());
    const held = await deps.budget.heldUntil(task.spec.installationId);
    if (held > now()) return { lookAt: held };
    let current = task;
    try {
      const behindFence = { ...deps, github: fenceFor(taken) };
      current = await withReview(behindFence, await withPullRequest(behindFence, task, memory), memory);
      const [hosts, paused, team] = await Promise.all([deps.hosts(), deps.paused(), deps.teamOf(current)]);
      const around = { now: now(), hosts, paused, team, webUrl: deps.webUrl };
      const showing = { ...memory, task: current, view: viewOf(current, around), around };
      const lookAt = await showTask(behindFence, showing);
      failures.forget(taken.member);
      return lookAt === undefined ? { shown: current } : { lookAt };
    } catch (error) {
      if (error instanceof NoLongerTaken) throw error;
      return await failures.handle(error, taken.member, current);
    }
  }

  function fenceFor(taken: Taken): ReporterDeps["github"] {
    const onUnanswered = () => planSecondLook(deps, { kind: "task", id: taken.member });
    return fenced(deps.github, taken, { now, onUnanswered });
  }

  async function rememberStall(id: string, hints: Hints, why: string | undefined): Promise<void> {
    if (why === undefined && !hints.stalled) return;
    if (why === undefined) delete hints.stalled;
    else hints.stalled = stalledAgain(hints.stalled, why, now());
    await store.remember(id, hints);
  }

  /** The task as it is after its branch, if that was waiting for its pull request, has it. */
  async function withPullRequest({ github }: ReporterDeps, task: Task, memory: Memory): Promise<Task> {
    const { spec, pushed, state } = task;
    if (state.name === "settled" || !pushed) return task;
    const octokit = await github.forInstallation(spec.installationId);
    const { hints, first, look } = memory;
    const isNew = !first && !look && state.name === "running" && now() - state.phaseSince < JUST_PUSHED_MS;
    const mayExist = !isNew || hints.tried?.includes(PULL_REQUEST) === true;
    if (!mayExist) {
      hints.tried = [...(hints.tried ?? []), PULL_REQUEST];
      await store.remember(spec.id, hints);
    }
    const others = await tasksOfIssue(deps, task);
    const opened = await ensurePullRequest(octokit, task, pushed, {
      webUrl: deps.webUrl,
      team: await deps.teamOf(task),
      others,
      mayExist,
    });
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
      loops = [startReportLoop(deps, subscriber, report), startSecondLooks(deps)];
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
