/**
 * News in random orders, late, repeated and lost, over records that are emptied, restored and rewritten. What holds is said
 * of every step; a failure names the seed that repeats it.
 */

import { expect, test } from "vitest";
import { isQuarantined, nextTask } from "../../src/task/next-state.ts";
import type { Reading } from "../../src/task/record.ts";
import { isEnded, standingOf } from "../../src/task/standing.ts";
import { PHASES, type Task } from "../../src/task/task.ts";
import type { TaskNews } from "../../src/task/task-news.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { makeSpec } from "../support/task-spec.ts";

const ROUNDS = 400;
const STEPS = 60;
const BASE = Number(process.env.ORCH_SEED ?? Date.now() % 1_000_000);

const HOSTS = ["ha", "hb", "hc"];
const OUTCOME = { kind: "no_changes" as const, lastWords: "" };
const PUSHED = { branch: "b", sha: "0".repeat(40), base: "main", files: 1, additions: 1, deletions: 0, commits: 1 };

/** Of any epoch and version there has been: whoever sends it may have been frozen since. */
function someNews({ below, pick }: Random, { epoch, version, state }: Task, at: number): TaskNews {
  const of = Math.max(1, epoch - below(3));
  const claim = `c${below(4)}`;
  const lane = state.name === "queued" || state.name === "running" ? state.lane : undefined;
  const judged = Math.max(1, version - below(3));
  return pick<TaskNews>([
    { name: "waits", version: judged, reasons: [{ for: "agent", until: at }], at },
    { name: "ready", version: judged, lane: { agent: "a" }, at },
    { name: "claimed", host: pick(HOSTS), claim, job: claim, lane, at },
    { name: "claimed", host: pick(HOSTS), claim: `c${at}`, job: claim, lane, at },
    { name: "phase", epoch: of, phase: pick(PHASES), at },
    { name: "progress", epoch: of, progress: { lastLines: `${below(3)}` }, at },
    { name: "progress", epoch: of, progress: { home: "h" }, at },
    { name: "not_kept", epoch: of, at },
    { name: "left", epoch: of, checkpoint: { kind: "workspace", folder: "w", until: at }, at },
    { name: "crashed", epoch: of, at: at * 60_000 },
    { name: "cancel", reason: { kind: "command", by: "x" }, at },
    { name: "given_up", version: judged, outcome: OUTCOME, at },
    ...(below(4) > 0 ? [] : ([{ name: "pushed", epoch: of, pushed: PUSHED, at }] as const)),
    ...(below(4) > 0 ? [] : ([{ name: "ended", epoch: of, outcome: OUTCOME, at }] as const)),
    ...(below(8) > 0 ? [] : ([{ name: "pull_request", pullRequest: { number: 1, url: "u" }, at }] as const)),
  ]);
}

function isTooLate(task: Task, news: TaskNews): boolean {
  // What became of a session, and of the work, is told after the end, too.
  if (news.name === "not_kept" || news.name === "left") return !task.runs.some(({ number }) => number === news.epoch);
  if (task.state.name === "settled") return true;
  if ("version" in news) return news.version !== task.version;
  return "epoch" in news && news.epoch !== task.epoch;
}

const newTask = (): Task => ({
  spec: makeSpec(),
  state: { name: "queued", since: 1 },
  epoch: 0,
  version: 1,
  crashes: [],
  runs: [],
});

const seeds = Array.from({ length: ROUNDS }, (_, index) => BASE + index);

test(`what is over stays so, and what comes too late changes nothing (seeds from ${BASE})`, () => {
  for (const seed of seeds) {
    const random = randomFrom(seed);
    let task = newTask();
    for (let at = 1; at <= STEPS; at++) {
      const news = someNews(random, task, at);
      const next = nextTask(task, news);
      const where = `ORCH_SEED=${seed}, step ${at}, ${JSON.stringify(news)}`;
      if (isTooLate(task, news)) expect(next, where).toBeUndefined();
      if (!next) continue;
      if (news.name === "not_kept" || news.name === "left") expect(next.state, where).toEqual(task.state);
      expect([task.epoch, task.epoch + 1], where).toContain(next.epoch);
      expect(next.epoch > task.epoch, where).toBe(news.name === "claimed" && !isQuarantined(next));
      expect(next.pushed ?? task.pushed, where).toEqual(next.pushed);
      task = { ...next, version: task.version + 1 };
      // Sent again, since the answer was lost. A second death is another one.
      if (news.name !== "crashed" && news.name !== "progress") expect(nextTask(task, news), where).toBeUndefined();
    }
  }
});

test(`only what a record itself says ends a run (seeds from ${BASE})`, () => {
  for (const seed of seeds) {
    const random = randomFrom(seed);
    let task = newTask();
    const before = [task];
    const runs = new Map<string, { host: string; epoch: number }>();
    for (let at = 1; at <= STEPS; at++) {
      const next = nextTask(task, someNews(random, task, at));
      // Now and then Redis is restored as it was some steps ago; the runs are where they are.
      task = next ? { ...next, version: task.version + 1 } : random.below(12) === 0 ? random.pick(before) : task;
      before.push(task);
      if (next?.state.name === "running") runs.set(next.state.host, { host: next.state.host, epoch: next.epoch });
      const reading = random.pick<Reading<Task>>([
        { kind: "known", record: task },
        { kind: "known", record: task },
        { kind: "absent" },
        { kind: "newer", format: 9 },
        { kind: "unreadable", error: undefined },
      ]);
      for (const run of runs.values()) {
        const where = `ORCH_SEED=${seed}, step ${at}, ${run.host} ${run.epoch}, ${JSON.stringify(reading)}`;
        const standing = standingOf(reading, run);
        const { state } = task;
        const saysSo =
          reading.kind === "known" &&
          (state.name === "settled" ||
            task.epoch > run.epoch ||
            (task.epoch === run.epoch && state.name === "running" && state.host !== run.host));
        expect(isEnded(standing), where).toBe(saysSo);
        if (isEnded(standing)) runs.delete(run.host);
      }
    }
  }
});
