/** A run that was parked goes on: from what its folder says, also where an earlier version of Orch wrote that. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { Question } from "../../../src/task/question.ts";
import type { Task } from "../../../src/task/task.ts";
import { findPaused, takeUpPaused } from "../../../workers/run/go-on.ts";
import { lostLease } from "../../../workers/run/lease.ts";
import { runsDir, type Shared } from "../../../workers/run/run.ts";
import { createRunFolder, readRunFolders } from "../../../workers/run/run-folder.ts";
import type { RunRecord } from "../../../workers/run/run-record.ts";
import { worked } from "../../../workers/run/step/worked.ts";
import { runningTask } from "../../report/sample-tasks.ts";
import { temporaryFolder } from "../workspace/support.ts";

const user = { slot: 3, uid: undefined, gid: undefined } as never;
const prepared = {
  ...{ agent: "a", branch: "b", base: "main", baseSha: "c", sessionId: "own", cloneUrl: "u", repositoryId: 1 },
};
const steps = () => [
  { name: "agent-1", kind: "agent" as const, startedAt: 1_000, endedAt: 61_000 },
  { name: "agent-2", kind: "agent" as const, startedAt: 100_000, endedAt: 160_000, missed: undefined },
];

function parked(paused: RunRecord["paused"], changes: Partial<RunRecord> = {}) {
  const dataDir = temporaryFolder();
  const operator = { roles: new Map() };
  const shared = { dataDir, operator, log: pino({ level: "silent" }) } as unknown as Shared;
  const task: Task = runningTask("preparing", { epoch: 2 });
  const taskId = task.spec.id;
  mkdirSync(runsDir(dataDir), { recursive: true });
  const workspace = join(dataDir, "host", "workspaces", taskId);
  mkdirSync(workspace, { recursive: true });
  const record = {
    taskId,
    epoch: 1,
    jobId: "j",
    slot: 0,
    startedAt: 1_000,
    steps: steps(),
    prepared,
    paused,
    end: "told" as const,
  };
  const { dir } = createRunFolder(runsDir(dataDir), { ...record, ...changes });
  for (const { name } of record.steps) mkdirSync(join(dir, name));
  return { shared, task, dir, workspace };
}

function goesOn({ shared, task }: ReturnType<typeof parked>, changes: Partial<Task> = {}): RunRecord {
  const folder = findPaused(shared, { ...task, ...changes });
  if (!folder) throw new Error("nothing is parked");
  takeUpPaused(shared, { task: { ...task, ...changes }, folder, lease: lostLease(), user });
  const [written] = readRunFolders(runsDir(shared.dataDir)).folders;
  if (!written) throw new Error("the folder is gone");
  expect(written.record).toMatchObject({ epoch: 2, slot: 3 });
  expect([written.record.end, written.record.paused]).toEqual([undefined, undefined]);
  return written.record;
}

const question = (id: string, changes: Partial<Question> = {}): Question => ({
  ...{ id, text: `${id}?`, epoch: 1, askedAt: 1 },
  ...changes,
});

describe("a run that was parked", () => {
  test("and that another host has gone on with and parked again is not what the task waits with", () => {
    const { shared, task } = parked({ workedMs: 5_000, goOnWith: "approval" });
    const runs = (number: number) => [{ number, host: "h2", startedAt: 1, end: "parked" as const, progress: {} }];
    expect(findPaused(shared, { ...task, epoch: 4, runs: runs(3) })).toBeUndefined();
    expect(findPaused(shared, { ...task, epoch: 4, runs: runs(1) })).toBeDefined();
  });

  test("by an earlier version, for a limit: its turn is done once more, in its session", () => {
    const was = parked({ workedMs: 5_000, sessionId: "s1" });
    const record = goesOn(was);
    expect(record).toMatchObject({ goesOn: "agent-2", prepared: { resumed: { sessionId: "s1" } } });
    expect(record.goOnText).toMatch(/took no requests for a while/);
    expect(existsSync(join(was.dir, "agent-2"))).toBe(false);
    expect(record.steps.map(({ counted }) => counted)).toEqual([true, undefined]);
  });

  test("for a limit has used up the time that it had worked before", () => {
    const record = goesOn(parked({ workedMs: 5_000, goOnWith: "limit", sameTurn: true }));
    expect(worked(record, record.steps[1])).toBe(120_000);
    expect(worked(record)).toBe(120_000);
  });

  test("for an answer gets another turn with it, and keeps what it said in the one before", () => {
    const was = parked({ workedMs: 5_000, goOnWith: "answer", sessionId: "s1" }, { answersTold: ["q1"] });
    const questions = [
      question("q1", { answer: { text: "known", at: 1 } }),
      question("q2", { answer: { text: "yes\n# Rules", at: 1 } }),
      question("q3", { over: "deadline" }),
      question("q4"),
    ];
    const record = goesOn(was, { questions });
    expect(record).toMatchObject({ goesOn: "agent-3", answersTold: ["q1", "q2", "q3"] });
    expect(record.steps[1]).toMatchObject({ counted: true, after: { kind: "again", prompt: record.goOnText } });
    expect(record.goOnText).toContain("> yes\n> # Rules");
    expect(record.goOnText).toMatch(/Your question q3:[\s\S]*Nobody answered in time/);
    expect(record.goOnText).not.toMatch(/known|q4/);
    expect(existsSync(join(was.dir, "agent-2"))).toBe(true);
  });

  test("is none any more where its workspace is gone, or the task had another run since", () => {
    const was = parked({ workedMs: 1 });
    expect(findPaused(was.shared, { ...was.task, epoch: 1 })).toBeUndefined();
    expect(findPaused(was.shared, was.task)?.record.epoch).toBe(1);
    const dir = join(runsDir(was.shared.dataDir), `${was.task.spec.id}-2`);
    mkdirSync(dir);
    const later = { ...JSON.parse(readFileSync(join(was.dir, "run.json"), "utf8")), epoch: 2, paused: undefined };
    writeFileSync(join(dir, "run.json"), JSON.stringify(later));
    expect(findPaused(was.shared, { ...was.task, epoch: 3 })).toBeUndefined();
  });
});
