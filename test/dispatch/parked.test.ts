/** A task that was parked: what holds it, and where it goes on. */
import { describe, expect, test } from "vitest";
import { isReady } from "../../src/dispatch/ready.ts";
import type { Breaker } from "../../src/task/breaker.ts";
import type { Question } from "../../src/task/question.ts";
import type { Task } from "../../src/task/task.ts";
import { type AnswerReason, limitReason } from "../../src/task/waiting.ts";
import { host, NOW, spec, task, world } from "./worlds.ts";

const issue = spec("tabc", { target: { kind: "issue", defaultBranch: "main" } });
const reason = (changes: Partial<AnswerReason> = {}): AnswerReason => ({
  ...{ for: "answer", question: "q1", onNoAnswer: "go_on", until: NOW + 60_000 },
  ...changes,
});
const question = (changes: Partial<Question> = {}): Question => ({
  id: "q1",
  text: "?",
  epoch: 1,
  askedAt: 1,
  ...changes,
});
const answer = { text: "yes", at: NOW };

const parked = (changes: Partial<Task> = {}): Task =>
  task("tabc", "waiting", {
    agent: "claude",
    runs: [{ number: 1, host: "h2", startedAt: 1, endedAt: 2, end: "parked", progress: { agent: "claude" } }],
    questions: [question()],
    ...changes,
  });
const hosts = [
  host("h1", { accounts: { claude: "one" } }),
  host("h2", { accounts: { claude: "two" } }),
  host("h9", { agents: ["codex"], slots: 9 }),
];
const judge = (its: Task, changes: Parameters<typeof world>[0] = {}, ...waiting: AnswerReason[]) =>
  isReady(issue, world({ hosts, task: its, ...changes }), waiting.length > 0 ? waiting : [reason()]);
const home = { kind: "ready", lane: { agent: "claude", host: "h2" } };

describe("a task whose agent asks", () => {
  test("waits for the answer, and goes on where its session is, with the same agent", () => {
    expect(judge(parked())).toEqual({ kind: "waits", reasons: [reason()] });
    expect(judge(parked({ questions: [question({ answer })] }))).toMatchObject(home);
  });

  test("waits for all that it asks", () => {
    const two = [reason(), reason({ question: "q2" })];
    const half = parked({ questions: [question({ answer }), question({ id: "q2" })] });
    expect(judge(half, {}, ...two)).toEqual({ kind: "waits", reasons: [two[1]] });
  });

  test("goes on without an answer when its time is up, unless it is to end", () => {
    expect(judge(parked(), { now: NOW + 60_000 })).toMatchObject(home);
    const ends = reason({ onNoAnswer: "end" });
    expect(judge(parked(), { now: NOW + 60_000 }, ends)).toEqual({ kind: "waits", reasons: [ends] });
  });

  test("goes to any host where its own is gone", () => {
    const answered = parked({ questions: [question({ answer })] });
    expect(judge(answered, { hosts: hosts.slice(0, 1) })).toMatchObject({ kind: "ready", lane: { agent: "claude" } });
    expect(judge(answered, { hosts: [host("h2", { draining: true }), host("h1")] })).toEqual(
      expect.objectContaining({ lane: { agent: "claude" } }),
    );
  });

  test("finds its home again after it has waited for its agent, too", () => {
    const answered = parked({ questions: [question({ answer })] });
    const absent = { for: "agent" as const, agent: "claude", until: NOW + 60_000 };
    expect(isReady(issue, world({ hosts, task: answered }), [absent])).toMatchObject(home);
    const limited = parked({ runs: [{ ...(answered.runs[0] as Task["runs"][0]), end: "limited" }] });
    expect(isReady(issue, world({ hosts, task: limited }), [absent])).toMatchObject(home);
  });
});

describe("hosts with accounts of their own", () => {
  const breaker = (account: string): Breaker => ({
    ...{ agent: "claude", account, why: "usage_limit", since: NOW - 1_000, at: NOW + 60_000, tries: 1 },
  });
  const answered = parked({ questions: [question({ answer })] });

  test("only that of the host with the session holds the task up", () => {
    expect(judge(answered, { breakers: [breaker("one")] })).toMatchObject(home);
    expect(judge(answered, { breakers: [breaker("two")] })).toMatchObject({
      kind: "waits",
      reasons: [{ for: "limit", at: NOW + 60_000, host: "h2" }],
    });
  });

  test("one task tries the account on which a limit has parked it, though another account takes requests", () => {
    const limit = limitReason({ agent: "claude", why: "rate_limit", since: NOW - 9, at: NOW, host: "h2" }, NOW);
    const due = { ...breaker("two"), at: NOW };
    const its = world({ hosts, task: answered, breakers: [due] });
    expect(isReady(issue, its, [limit])).toMatchObject({ ...home, probes: { account: "two" } });
    const probed = { ...due, probe: { task: "tother", until: NOW + 9 } };
    expect(isReady(issue, { ...its, breakers: [probed] }, [limit])).toMatchObject({
      kind: "waits",
      reasons: [{ probing: true, host: "h2" }],
    });
  });
});
