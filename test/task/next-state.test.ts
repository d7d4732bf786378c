import { describe, expect, test } from "vitest";
import { CRASH_WINDOW_MS, isQuarantined, nextTask } from "../../src/task/next-state.ts";
import type { Progress } from "../../src/task/progress.ts";
import { MAX_RUNS } from "../../src/task/runs.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import type { TaskNews } from "../../src/task/task-news.ts";
import { limitReason } from "../../src/task/waiting.ts";
import { LANE, makeSpec } from "../support/task-spec.ts";

const at = 1_000_000;
const queued: Task = {
  spec: makeSpec(),
  state: { name: "queued", since: 1 },
  epoch: 0,
  version: 1,
  crashes: [],
  runs: [],
  questions: [{ id: "q1", text: "Which one?", epoch: 1, askedAt: 1 }],
};
const reasons = [{ for: "task" as const, task: "taaaaaaaaaaaaaaa", until: 9 }];
const waiting: Task = { ...queued, state: { name: "waiting", since: 1, reasons } };
const running: Task = {
  ...queued,
  epoch: 1,
  runs: [{ number: 1, host: "h1", startedAt: 2, progress: {} }],
  state: { name: "running", phase: "working", host: "h1", claim: "c1", job: "job-1", since: 2, phaseSince: 3 },
};
const pushed: Task = {
  ...running,
  pushed: { branch: "orch/1-x", sha: "a".repeat(40), base: "main", files: 1, additions: 1, deletions: 0, commits: 1 },
};
const settled: Task = { ...running, state: { name: "settled", outcome: { kind: "no_changes", lastWords: "" }, at: 4 } };

const showing = (progress: Progress): Task => ({
  ...running,
  runs: [{ number: 1, host: "h1", startedAt: 2, progress }],
});

const failed = { kind: "host_error" as const, message: "disk full" };
const allNews: Record<TaskNews["name"], TaskNews> = {
  waits: { name: "waits", version: 1, reasons, at },
  ready: { name: "ready", version: 1, lane: LANE, continues: "taaaaaaaaaaaaaaa", at },
  onto: {
    name: "onto",
    version: 1,
    target: { kind: "pull", number: 7, defaultBranch: "main", headRef: "a", headSha: "b", baseRef: "main" },
    at,
  },
  claimed: { name: "claimed", host: "h2", claim: "c2", job: "job-1", lane: undefined, at },
  phase: { name: "phase", epoch: 1, phase: "verifying", at },
  progress: { name: "progress", epoch: 1, progress: { lastLines: "hello" }, at },
  pushed: { name: "pushed", epoch: 1, pushed: pushed.pushed as NonNullable<Task["pushed"]>, at },
  ended: { name: "ended", epoch: 1, outcome: failed, at },
  parked: {
    name: "parked",
    epoch: 1,
    reasons: [limitReason({ agent: "a", why: "rate_limit", since: at, at: at + 60_000 }, at)],
    at,
  },
  asked: { name: "asked", epoch: 1, question: { id: "q2", text: "Why?", epoch: 1, askedAt: at }, at },
  referred: { name: "referred", question: "q1", at },
  answered: { name: "answered", question: "q1", answer: { text: "Yes", at }, at },
  decided: { name: "decided", proposal: "p3fa81c", decision: { kind: "approved", at }, at },
  raised: { name: "raised", budget: { usd: 5 }, at },
  not_kept: { name: "not_kept", epoch: 1, at },
  left: { name: "left", epoch: 1, checkpoint: { kind: "workspace", folder: "w", until: 9 }, at },
  crashed: { name: "crashed", epoch: 1, at },
  pull_request: { name: "pull_request", pullRequest: { number: 7, url: "https://example.test/7" }, at },
  cancel: { name: "cancel", reason: { kind: "command", by: "maintainer" }, at },
  given_up: { name: "given_up", version: 1, outcome: failed, at },
  review_shown: { name: "review_shown", url: "https://example.test/7#pullrequestreview-1", at },
  moved: { name: "moved", place: { installationId: 99 }, at },
};

/** What each piece of news makes of each state: the state's name, or "-" for "too late to matter". */
type Row = [waiting: string, queued: string, running: string, pushed: string, settled: string];
const table: Record<TaskNews["name"], Row> = {
  waits: ["waiting", "waiting", "-", "-", "-"],
  ready: ["queued", "queued", "-", "-", "-"],
  onto: ["waiting", "-", "-", "-", "-"],
  claimed: ["-", "running", "running", "-", "-"],
  phase: ["-", "-", "running", "running", "-"],
  progress: ["-", "-", "running", "running", "-"],
  pushed: ["-", "-", "running", "-", "-"],
  ended: ["-", "-", "settled", "-", "-"],
  parked: ["-", "-", "waiting", "-", "-"],
  asked: ["-", "-", "running", "-", "-"],
  referred: ["-", "-", "-", "-", "-"],
  answered: ["waiting", "queued", "running", "running", "-"],
  decided: ["-", "-", "-", "-", "-"],
  raised: ["-", "-", "-", "-", "-"],
  not_kept: ["-", "-", "-", "-", "-"],
  left: ["-", "-", "running", "running", "settled"],
  crashed: ["-", "-", "running", "running", "-"],
  pull_request: ["settled", "settled", "settled", "settled", "-"],
  cancel: ["settled", "settled", "running", "-", "-"],
  given_up: ["settled", "settled", "settled", "settled", "-"],
  review_shown: ["-", "-", "-", "-", "-"],
  moved: ["waiting", "queued", "running", "running", "settled"],
};

describe("the next state", () => {
  test.each(Object.entries(table))("%s is answered in every state", (name, expected) => {
    const news = allNews[name as TaskNews["name"]];
    const answers = [waiting, queued, running, pushed, settled].map((task) => nextTask(task, news)?.state.name ?? "-");
    expect(answers).toEqual(expected);
  });

  test("a limit ends the run and keeps the task; the next claim is the next run, and nothing counts as a crash", () => {
    const waits = nextTask(showing({ agent: "a", inputTokens: 1 }), allNews.parked) as Task;
    expect(waits).toMatchObject({
      runs: [{ number: 1, end: "limited", endedAt: at, progress: { inputTokens: 1 } }],
      crashes: [],
    });
    const queuedAgain = nextTask(waits, { name: "ready", version: 1, lane: LANE, at }) as Task;
    const again = nextTask(queuedAgain, {
      name: "claimed",
      host: "h1",
      claim: "c9",
      job: "j9",
      lane: LANE,
      at,
    }) as Task;
    expect(again).toMatchObject({ epoch: 2, crashes: [], runs: [{ number: 1 }, { number: 2, progress: {} }] });
    expect(nextTask({ ...running, cancel: { kind: "command", by: "m" } }, allNews.parked)?.state).toMatchObject({
      name: "settled",
      outcome: { kind: "cancelled" },
    });
  });

  test("what is learned with a phase is kept, also in the phase that it is in already", () => {
    const known = { agent: "claude", sandbox: "bwrap" as const };
    const phase = (name: "working" | "verifying", progress?: Progress) =>
      nextTask(showing(known), { name: "phase", epoch: 1, phase: name, progress, at });
    expect(phase("verifying")).toMatchObject({
      runs: [{ progress: known }],
      state: { phase: "verifying", phaseSince: at },
    });
    expect(phase("working")).toBeUndefined();
    expect(phase("working", { agent: "claude", model: undefined })).toBeUndefined();
    expect(phase("working", { sandbox: "none" })).toMatchObject({
      runs: [{ progress: { agent: "claude", sandbox: "none" } }],
      state: { phase: "working", phaseSince: running.state.name === "running" && running.state.phaseSince },
    });
  });

  test.each(["phase", "progress", "pushed", "ended", "crashed"] as const)(
    "%s of an earlier run changes nothing",
    (name) => {
      expect(nextTask({ ...running, epoch: 2 }, allNews[name])).toBeUndefined();
    },
  );

  test("a claim by another host is a new run under the next epoch, and what the one before had to show stays", () => {
    const next = nextTask(showing({ agent: "claude", sessionId: "s", lastLines: "old" }), allNews.claimed);
    expect(next).toMatchObject({ epoch: 2, state: { host: "h2", phase: "preparing", since: at } });
    expect(next?.runs).toEqual([
      { number: 1, host: "h1", startedAt: 2, endedAt: at, end: "lost", progress: { agent: "claude", sessionId: "s" } },
      { number: 2, host: "h2", startedAt: at, progress: {} },
    ]);
  });

  test("a session that could not be kept is taken back, also when the task is over, and nothing else of it changes", () => {
    const home = { agent: "claude", sessionId: "s", home: "host/sessions/t" };
    const { home: _, ...without } = home;
    const runs = (progress: Progress) => [{ number: 1, host: "h1", startedAt: 2, progress }];
    for (const task of [running, pushed, settled]) {
      const told = { ...task, runs: runs(home) };
      expect(nextTask(told, allNews.not_kept)).toEqual({ ...told, runs: runs(without) });
      expect(nextTask(told, { name: "not_kept", epoch: 2, at })).toBeUndefined();
    }
  });

  test("a run says where that is kept which it left, when it is over; another run changes nothing of it", () => {
    const checkpoint = { kind: "workspace" as const, folder: "host/workspaces/t", until: 9, commits: 2 };
    const left = { name: "left" as const, epoch: 1, checkpoint, at };
    const ended = nextTask(running, {
      name: "ended",
      epoch: 1,
      outcome: failed,
      progress: { sessionId: "s" },
      at,
    }) as Task;
    const run = { number: 1, host: "h1", startedAt: 2, endedAt: at, end: "host_error", progress: { sessionId: "s" } };
    const told = nextTask(ended, left) as Task;
    expect(told).toEqual({ ...ended, runs: [{ ...run, checkpoint }] });
    expect(nextTask(told, left)).toBeUndefined();
    expect(nextTask(told, { ...left, epoch: 2 })).toBeUndefined();
    const again = { ...allNews.claimed, at: at + 1 };
    expect(
      nextTask({ ...running, runs: [{ ...run, end: "lost", checkpoint }] } as Task, again)?.runs[0]?.checkpoint,
    ).toEqual(checkpoint);
  });

  test("a run says how it ended; what the outcome says already is not kept twice", () => {
    const verification = { command: "npm test", exitCode: 1, rounds: 3, outputTail: "1 failed" };
    const outcome = { kind: "verify_failed" as const, verification, lastWords: "done" };
    const end = nextTask(showing({ agent: "claude", lastLines: "done", verification }), {
      name: "ended",
      epoch: 1,
      outcome,
      at,
    });
    const progress = { agent: "claude", verification: { ...verification, outputTail: "" } };
    expect(end?.runs).toEqual([{ number: 1, host: "h1", startedAt: 2, endedAt: at, end: "verify_failed", progress }]);
  });

  test("of a task that is taken up again and again the first run and the latest ones are kept", () => {
    let task = running;
    for (let time = 1; time <= 50; time++) {
      const claim = {
        name: "claimed" as const,
        host: `h${time + 1}`,
        claim: `c${time + 1}`,
        job: "j",
        lane: undefined,
      };
      task = nextTask(task, { ...claim, at: time * CRASH_WINDOW_MS }) as Task;
    }
    const latest = Array.from({ length: MAX_RUNS - 1 }, (_, index) => 51 - (MAX_RUNS - 2) + index);
    expect(task.runs.map(({ number }) => number)).toEqual([1, ...latest]);
  });

  test("a claim counts only from the lane in which the record says that the job is", () => {
    const lanes = [undefined, { agent: "claude" }, { agent: "gemini" }, { agent: "claude", host: "h2" }];
    for (const lane of lanes)
      for (const from of lanes) {
        const news = { ...allNews.claimed, lane: from } as TaskNews;
        for (const task of [queued, running]) {
          const next = nextTask({ ...task, state: { ...task.state, lane } } as Task, news);
          expect(next?.epoch, JSON.stringify([task.state.name, lane, from])).toBe(
            from === lane ? task.epoch + 1 : undefined,
          );
        }
      }
  });

  test("a run's job is in the agent's lane, also when the task waited for its home", () => {
    const waits = { ...queued, state: { name: "queued" as const, since: 1, lane: { agent: "claude", host: "h2" } } };
    const next = nextTask(waits, { ...allNews.claimed, lane: { agent: "claude", host: "h2" } } as TaskNews) as Task;
    expect(next.state).toMatchObject({ name: "running", host: "h2", lane: { agent: "claude" } });
    const taken = nextTask(next, {
      ...allNews.claimed,
      host: "h3",
      claim: "c3",
      lane: { agent: "claude" },
    } as TaskNews);
    expect(taken).toMatchObject({ epoch: 2, crashes: [at], state: { host: "h3", lane: { agent: "claude" } } });
  });

  test("the same claim sent twice is one run", () => {
    expect(
      nextTask(running, { name: "claimed", host: "h1", claim: "c1", job: "job-1", lane: undefined, at }),
    ).toBeUndefined();
  });

  test("a task that its host does not survive three times within ten minutes is quarantined: nobody begins it again", () => {
    const twice = { ...running, crashes: [at - 2, at - 1] };
    for (const news of [allNews.claimed, allNews.crashed]) {
      const third = nextTask(twice, news) as Task;
      expect(third).toMatchObject({ epoch: 1, state: { name: "running", host: "h1" } });
      expect(isQuarantined(third)).toBe(true);
      expect(
        nextTask(third, { ...allNews.claimed, claim: "c3", at: at + CRASH_WINDOW_MS } as TaskNews),
      ).toBeUndefined();
      // One of them may have pushed before it died.
      expect(nextTask(third, allNews.pushed)?.pushed).toEqual(pushed.pushed);
    }
    expect(isQuarantined(twice)).toBe(false);
  });

  test("what is elsewhere now is worked on there, and what has begun keeps the branch that it began from", () => {
    const repository = { ...queued.spec.repository, name: "renamed" };
    const place = { repository, installationId: 99, defaultBranch: "trunk" };
    const [waits, runs] = [queued, running].map((task) => nextTask(task, { name: "moved", place, at })?.spec);
    expect(waits).toMatchObject({ repository, installationId: 99, target: { defaultBranch: "trunk" } });
    expect(runs).toMatchObject({ repository, installationId: 99, target: queued.spec.target });
    const movedTo = { repository, number: 7 };
    const issue = nextTask(settled, { name: "moved", place: { movedTo }, at });
    expect(issue).toEqual({ ...settled, spec: { ...settled.spec, movedTo } });
    expect(nextTask(issue as Task, { name: "moved", place: { movedTo }, at })).toBeUndefined();
  });

  test("deaths that lie further apart than ten minutes are forgotten", () => {
    const old = { ...running, crashes: [at - CRASH_WINDOW_MS, at - CRASH_WINDOW_MS - 1] };
    expect(nextTask(old, allNews.crashed)).toMatchObject({ crashes: [at], state: { name: "running" } });
  });

  test("the same host that gets its task again, after an outage of Redis, goes on where it was", () => {
    const shown = showing({ lastLines: "half done" });
    const again = nextTask(shown, { name: "claimed", host: "h1", claim: "c9", job: "job-2", lane: undefined, at });
    expect(again).toMatchObject({ epoch: 2, crashes: [], runs: [{ number: 2, progress: { lastLines: "half done" } }] });
    expect(again?.runs).toHaveLength(1);
    expect(again?.state).toMatchObject({ phase: "working", since: 2, claim: "c9", job: "job-2" });
  });

  test("what is not known yet does not erase what is", () => {
    const shown = showing({ model: "large", lastLines: "old" });
    const progress = { model: undefined, lastLines: "new" };
    const next = nextTask(shown, { name: "progress", epoch: 1, progress, at }) as Task;
    expect(progressOf(next)).toEqual({
      model: "large",
      lastLines: "new",
    });
  });

  test("two bots that dispatch the same task decide once: the second has judged an older record", () => {
    for (const name of ["waits", "ready"] as const)
      expect(nextTask({ ...waiting, version: 2 }, allNews[name])).toBeUndefined();
    expect(nextTask(waiting, allNews.ready)).toMatchObject({
      agent: LANE.agent,
      continues: "taaaaaaaaaaaaaaa",
      state: { name: "queued", since: at },
    });
  });

  test("what was given up for a reason that is past goes on: the record has moved on since it was judged", () => {
    expect(nextTask({ ...running, version: 2 }, allNews.given_up)).toBeUndefined();
    expect(nextTask({ ...running, version: 2 }, { ...allNews.given_up, version: 2 } as TaskNews)).toBeDefined();
  });

  test("a second wish to cancel does not replace the first", () => {
    const cancelled = nextTask(running, allNews.cancel) as Task;
    expect(nextTask(cancelled, { ...allNews.cancel, at: at + 1 })).toBeUndefined();
  });
});
