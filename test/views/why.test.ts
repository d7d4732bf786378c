import { describe, expect, test } from "vitest";
import { HOME_WAIT_MS, QUEUE_DEADLINE_MS } from "../../src/task/deadlines.ts";
import type { HostView } from "../../src/task/hosts.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { PHASES, type Phase, type Task, type TaskState } from "../../src/task/task.ts";
import type { WaitingReason } from "../../src/task/waiting.ts";
import type { Around } from "../../src/views/around.ts";
import { type Why, why } from "../../src/views/why.ts";
import {
  ACCEPTED_AT,
  around as known,
  outcomes,
  PULL_TARGET,
  pushed,
  queuedTask,
  runningTask,
  settledTask,
  waitingReasons,
  waitingTask,
} from "../report/sample-tasks.ts";

const { now, hosts } = known;
const around: Around = { now, hosts };
const [builder] = hosts as [HostView];
const ID = queuedTask().spec.id;
const named = (id: string, task: Task): Task => ({ ...task, spec: { ...task.spec, id } });

/** The answer, which must be one of this state. */
function answer<State extends Why["state"]>(state: State, task: Task, more: Partial<Around> = {}) {
  const found = why(task, { ...around, ...more });
  if (found.state !== state) throw new Error(`it says ${found.state}`);
  return found as Extract<Why, { state: State }>;
}

const ofEach: Record<TaskState["name"], Task> = {
  waiting: waitingTask(waitingReasons.task),
  queued: queuedTask(),
  running: runningTask("working"),
  settled: settledTask(outcomes.refused),
};

test.each(Object.entries(ofEach))("a task that is %s is answered as that, with what is known of it", (state, task) => {
  expect(why(task, around)).toMatchObject({ state, task: { id: ID, state, repository: "octo-org/sample", number: 7 } });
});

test("what was not looked at is left unsaid", () => {
  expect(answer("queued", queuedTask())).not.toHaveProperty("before");
  expect(answer("queued", queuedTask()).hosts).toEqual([{ id: "h1", name: "builder-1", slots: 2 }]);
  expect(answer("waiting", waitingTask(waitingReasons.task)).reasons[0]).not.toHaveProperty("other");
  const bare = answer("running", runningTask("working"));
  for (const unknown of ["deadline", "lastOutputAt", "inDoubt"]) expect(bare).not.toHaveProperty(unknown);
});

describe("waiting", () => {
  const expected: { [For in WaitingReason["for"]]: object } = {
    task: { for: "task", task: "taaaaaaaaaaaaaaa", other: { state: "running", host: { name: "builder-1" } } },
    agent: { for: "agent", agent: "claude", offered: ["scripted"] },
    limit: { for: "limit", agent: "claude", why: "usage_limit", host: "h1" },
    team: { for: "team" },
    approval: { for: "approval", proposal: "p3fa81c" },
    budget: { for: "budget", of: "day", unit: "usd" },
    answer: { for: "answer", question: "q1a2b3c", onNoAnswer: "go_on" },
  };

  test.each(Object.values(waitingReasons))("for $for: what would end it, and when it ends in vain", (reason) => {
    const other = named("taaaaaaaaaaaaaaa", runningTask("working"));
    const { reasons } = answer("waiting", waitingTask(reason), { tasks: [other] });
    expect(reasons).toEqual([expect.objectContaining({ until: reason.until })]);
    expect(reasons[0]).toMatchObject(expected[reason.for]);
  });

  test("for a task whose record is in doubt", () => {
    const inDoubt = new Map([["taaaaaaaaaaaaaaa", "newer" as const]]);
    expect(answer("waiting", ofEach.waiting, { inDoubt }).reasons[0]).toMatchObject({ inDoubt: "newer" });
  });

  test("hosts that take no work offer nothing", () => {
    const gone = [
      { ...builder, alive: false },
      { ...builder, draining: true },
    ];
    const { reasons } = answer("waiting", waitingTask(waitingReasons.agent), { hosts: gone });
    expect(reasons[0]).toMatchObject({ offered: [] });
  });
});

describe("queued", () => {
  const busy = runningTask("working");

  test("says how many stand before it, which hosts offer its agent and how busy they are, and when it ends", () => {
    const other = { ...builder, id: "h2", name: "other", agents: ["claude"] };
    const task: Task = { ...queuedTask(), agent: "claude" };
    const queue = [["tzzzzzzzzzzzzzzz"], ["taaaaaaaaaaaaaaa", "tbbbbbbbbbbbbbbb", ID]];
    const tasks = [task, { ...busy, state: { ...busy.state, host: "h2" } as TaskState }];
    expect(answer("queued", task, { hosts: [builder, other], queue, tasks })).toMatchObject({
      before: 2,
      agent: "claude",
      connected: 2,
      hosts: [{ id: "h2", name: "other", slots: 2, busy: 1 }],
      until: ACCEPTED_AT + QUEUE_DEADLINE_MS,
    });
  });

  test("no host offers its agent; hosts that are gone or drain are none", () => {
    const task: Task = { ...queuedTask(), agent: "claude" };
    expect(answer("queued", task)).toMatchObject({ connected: 1, hosts: [] });
    expect(answer("queued", queuedTask(), { hosts: [{ ...builder, alive: false }] })).toMatchObject({ connected: 0 });
    expect(answer("queued", queuedTask(), { hosts: [{ ...builder, draining: true }] })).toMatchObject({ hosts: [] });
  });

  test("for its home: which host, and until when no other takes it", () => {
    const state: TaskState = { name: "queued", since: ACCEPTED_AT, lane: { agent: "scripted", host: "h1" } };
    const home = { id: "h1", name: "builder-1", until: ACCEPTED_AT + HOME_WAIT_MS };
    expect(answer("queued", { ...queuedTask(), state })).toMatchObject({ home });
    expect(answer("queued", queuedTask())).not.toHaveProperty("home");
  });

  test("a job that is not in the queue, for it is being added, has no place in it", () => {
    expect(answer("queued", queuedTask(), { queue: [["taaaaaaaaaaaaaaa"]] })).not.toHaveProperty("before");
  });
});

describe("running", () => {
  test.each(PHASES)("%s: on which host, since when, heard of when", (phase: Phase) => {
    const beats = new Map([[ID, now - 7_000]]);
    expect(answer("running", runningTask(phase), { beats })).toMatchObject({
      phase,
      host: { id: "h1", name: "builder-1", alive: true, lastBeat: builder.lastBeat },
      since: ACCEPTED_AT + 3_000,
      lastOutputAt: now - 7_000,
      stopping: false,
    });
  });

  test("its pull request waits until GitHub takes text from its installation again", () => {
    const task = runningTask("publishing", { pushed });
    const textHeld = new Map([[task.spec.installationId, now + 60_000]]);
    expect(answer("running", task, { textHeld })).toMatchObject({ textHeldUntil: now + 60_000 });
    expect(answer("running", runningTask("working"), { textHeld })).not.toHaveProperty("textHeldUntil");
  });

  test("its host is not known any more, or silent", () => {
    expect(answer("running", ofEach.running, { hosts: [] }).host).toEqual({ id: "h1", alive: false });
    const silent = { ...builder, alive: false };
    expect(answer("running", ofEach.running, { hosts: [silent] }).host).toMatchObject({
      alive: false,
      lastBeat: ACCEPTED_AT,
    });
  });

  test("GitHub's git holds it up: since when, while that is so, and nothing of an earlier phase", () => {
    const heldUp = (heldUpSince: number | false) =>
      answer("running", runningTask("publishing", { progress: { heldUpSince } })).heldUpSince;
    expect([heldUp(ACCEPTED_AT + 4_000), heldUp(false), heldUp(ACCEPTED_AT + 2_000)]).toEqual([
      ACCEPTED_AT + 4_000,
      undefined,
      undefined,
    ]);
  });

  test("its host doubts the record", () => {
    expect(answer("running", ofEach.running, { inDoubt: new Map([[ID, "older"]]) })).toMatchObject({
      inDoubt: "older",
    });
  });

  test("it is cancelled, unless that came too late", () => {
    const cancel = { kind: "command" as const, by: "maintainer" };
    expect(answer("running", runningTask("working", { cancel }))).toMatchObject({ stopping: true });
    expect(answer("running", runningTask("publishing", { cancel, pushed }))).toMatchObject({ stopping: false, pushed });
  });
});

describe("settled", () => {
  const evidence: { [Kind in Outcome["kind"]]: string[] } = {
    pull_request: ["last_words"],
    merged: ["last_words"],
    reviewed: [],
    no_changes: ["last_words"],
    agent_failed: ["last_lines"],
    verify_failed: ["check_output", "last_words"],
    timed_out: ["last_lines"],
    out_of_budget: ["last_lines"],
    over_limit: ["last_lines"],
    stalled: ["last_lines"],
    cancelled: ["last_words"],
    refused: ["last_words"],
    host_error: ["last_words"],
  };

  test.each(Object.values(outcomes))("as $kind: the outcome, and apart from it what that rests on", (outcome) => {
    const found = answer("settled", settledTask(outcome));
    expect(found.outcome.kind).toBe(outcome.kind);
    expect(found.evidence.map(({ what }) => what)).toEqual(evidence[outcome.kind]);
    expect(JSON.stringify(found.outcome)).not.toMatch(/lastLines|lastWords|outputTail/);
  });

  test("what stood in the way of publishing is told as that, also of a record of before", () => {
    const missed = { kind: "timed_out" as const, deadline: "publishing" as const, afterMs: 1, lastLines: "" };
    const shown = (outcome: Outcome) => answer("settled", settledTask(outcome)).outcome;
    const expected = { kind: "timed_out", deadline: "publishing", afterMs: 1, obstacle: "Pushing failed" };
    expect(shown({ ...missed, obstacle: "Pushing failed" })).toEqual(expected);
    expect(shown({ ...missed, cause: { reason: "github", message: "Pushing failed" } })).toEqual(expected);
  });

  test("an agent that said nothing leaves nothing to show", () => {
    const outcome = { ...outcomes.no_changes, lastWords: " \n" };
    expect(answer("settled", settledTask(outcome)).evidence).toEqual([]);
  });

  test("earlier runs stay, each with its end, and what it went on from", () => {
    const lost = { number: 1, host: "h9", startedAt: 1, endedAt: 2, end: "lost" as const, progress: {} };
    const task = settledTask(outcomes.refused, { continues: "taaaaaaaaaaaaaaa" });
    const found = answer("settled", { ...task, runs: [lost, { ...lost, number: 2, host: "h1", end: "refused" }] });
    expect(found.runs.map(({ number, host, end }) => [number, host.name ?? host.id, end])).toEqual([
      [1, "h9", "lost"],
      [2, "builder-1", "refused"],
    ]);
    expect(found.task.continues).toBe("taaaaaaaaaaaaaaa");
  });

  test("work that went to the pull request where it was asked for is told apart from a new one", () => {
    const task = queuedTask({ target: PULL_TARGET, number: 8 });
    const state = { name: "settled" as const, outcome: outcomes.pull_request, at: now };
    expect(answer("settled", { ...task, state }).own).toBe(true);
    expect(answer("settled", settledTask(outcomes.pull_request)).own).toBe(false);
  });
});

test("nothing that others wrote leaves a view with escapes, credentials or line breaks but in evidence", () => {
  const key = `ghp_${"a".repeat(36)}`;
  const nasty = `a\u001b[31m\u202e ${key}\nb`;
  const task = settledTask({ kind: "agent_failed", reason: nasty, message: nasty, lastLines: nasty });
  const { spec } = task;
  const run = { number: 1, host: nasty, startedAt: 1, progress: { agent: nasty, model: nasty } };
  const found = why(
    { ...task, spec: { ...spec, instruction: nasty, actor: { id: 1, login: nasty } }, runs: [run] },
    around,
  );
  const { evidence, ...rest } = found as Extract<Why, { state: "settled" }>;
  for (const text of [JSON.stringify(rest), JSON.stringify(evidence)]) {
    expect(text).toContain("[redacted]");
    expect(text).not.toMatch(/\\u001b|\u202e|ghp_/);
  }
  expect(JSON.stringify(rest)).not.toContain("\\n");
  expect(evidence[0]?.text).toContain("\n");
});
