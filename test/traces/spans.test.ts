/** A task's whole way as spans: two runs, a pause between them, tools, and the report. */
import { expect, test } from "vitest";
import type { RunEvent } from "../../src/task/run-events.ts";
import type { Task, TaskRun } from "../../src/task/task.ts";
import type { TaskEvent } from "../../src/task/timeline.ts";
import { spanIdOf, traceIdOf } from "../../src/task/trace.ts";
import { type Span, spansOf } from "../../src/traces/spans.ts";
import { makeSpec } from "../support/task-spec.ts";

const event = (at: number, what: string, detail: Record<string, unknown> = {}): TaskEvent => ({ at, what, detail });
const phase = (at: number, name: string) => event(at, "phase", { phase: name });
const EVENTS = [
  ...[event(1_010, "queued"), event(1_020, "claimed"), phase(1_030, "working"), event(1_100, "parked")],
  ...[event(1_200, "ready"), event(1_250, "claimed"), phase(1_260, "working"), phase(1_300, "verifying")],
  ...[phase(1_350, "working"), phase(1_400, "verifying"), phase(1_450, "publishing"), event(1_480, "pushed")],
];
const used = { agent: "claude", model: "opus", sessionId: "s1", inputTokens: 9, outputTokens: 2, costUsd: 0.5 };
const run = (changes: Partial<TaskRun>): TaskRun =>
  ({ number: 1, host: "h1", startedAt: 1_020, endedAt: 1_100, end: "parked", progress: used, ...changes }) as TaskRun;
const RUNS = [run({}), run({ number: 2, startedAt: 1_250, endedAt: 1_500, end: "pull_request" })];
const said = (at: number, kind: RunEvent["kind"], text: string, ok?: boolean): RunEvent => ({
  ...{ at, kind, text, step: "agent-1" },
  ...(ok !== undefined && { ok }),
});
const SAID = new Map([
  [2, [said(1_270, "tool", "Bash rm -rf secret"), said(1_280, "text", "words"), said(1_360, "tool", "<b>", false)]],
]);

function made(changes: Partial<Task["spec"]> = {}): { spans: Span[]; id: string; parentOf: (span: Span) => string } {
  const spec = makeSpec({ requestedAt: 900, receivedAt: 1_000, acceptedAt: 1_005, ...changes });
  const outcome = { kind: "pull_request", number: 9, url: "u" };
  const task = { spec, agent: "claude", state: { name: "settled", at: 1_520, outcome }, runs: RUNS } as unknown as Task;
  const spans = spansOf(task, EVENTS, SAID);
  const parentOf = ({ parentSpanId }: Span) => spans.find(({ spanId }) => spanId === parentSpanId)?.name ?? "";
  return { spans, id: spec.id, parentOf };
}

test("each station of a task is a span with its time, below whatever it was part of", () => {
  const { spans, parentOf } = made();
  expect(spans.map((span) => [span.name, span.start, span.end, parentOf(span)])).toEqual([
    ["orch task", 900, 1_520, ""],
    ["POST webhook", 900, 1_000, "orch task"],
    ["intake", 1_000, 1_005, "orch task"],
    ["orch-queue process", 1_020, 1_100, "orch task"],
    ["orch-queue process", 1_250, 1_500, "orch task"],
    ["run", 1_020, 1_100, "orch-queue process"],
    ["run", 1_250, 1_500, "orch-queue process"],
    ["orch-queue send", 1_010, 1_020, "orch task"],
    ["prepare", 1_020, 1_030, "run"],
    ["invoke_agent claude", 1_030, 1_100, "run"],
    ["orch-queue send", 1_200, 1_250, "orch task"],
    ["prepare", 1_250, 1_260, "run"],
    ["invoke_agent claude", 1_260, 1_300, "run"],
    ["verify", 1_300, 1_350, "run"],
    ["invoke_agent claude", 1_350, 1_400, "run"],
    ["verify", 1_400, 1_450, "run"],
    ["publish", 1_450, 1_480, "run"],
    ["report", 1_480, 1_520, "orch task"],
    ["execute_tool Bash", 1_270, 1_280, "invoke_agent claude"],
    ["execute_tool", 1_360, 1_360, "invoke_agent claude"],
  ]);
  expect(spans.filter(({ failed }) => failed).map(({ name }) => name)).toEqual(["execute_tool"]);
});

test("all of them share the trace that follows from the task's id, and none has another's id", () => {
  const { spans, id } = made();
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf(id)]));
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect(spans.filter(({ name }) => name === "run").map(({ spanId }) => spanId)).toEqual([
    spanIdOf(id, 1),
    spanIdOf(id, 2),
  ]);
});

test("what a run has used stands on one of its spans, and on both sides of the queue which that was", () => {
  const { spans } = made();
  const tokens = spans.filter(({ attributes }) => "gen_ai.usage.input_tokens" in attributes);
  expect(tokens.map(({ start }) => start)).toEqual([1_030, 1_350]);
  const queue = spans.filter(({ attributes }) => attributes["messaging.system"] === "bullmq");
  expect(queue.map(({ kind }) => kind)).toEqual(["consumer", "consumer", "producer", "producer"]);
});

test("nothing of what a tool was called with is in it, nor a name that is none", () => {
  const text = JSON.stringify(made().spans);
  for (const word of ["secret", "words", "<b>"]) expect(text).not.toContain(word);
});

test("what came by no delivery of GitHub has no span of one, and a record of before none of intake's time", () => {
  const origin = { kind: "cli" as const, by: "root", key: "k" };
  expect(made({ origin }).spans.map(({ name }) => name)).not.toContain("POST webhook");
  const [root, webhook, intake] = made({ receivedAt: undefined }).spans;
  expect([root?.start, webhook?.end, intake?.start, intake?.end]).toEqual([900, 1_005, 1_005, 1_005]);
});
