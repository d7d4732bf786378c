/**
 * A task that is over as spans: what asked, its wait for a slot, each run with its phases and the tools of its agent, and the report. Made at the end, of
 * stored times. Nothing that anybody asked or said is in them. Pure. Times are Unix ms.
 */
import { viaOf } from "../task/origin.ts";
import type { RunEvent } from "../task/run-events.ts";
import { PHASES, type Phase, type Task, type TaskRun } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import type { TaskEvent } from "../task/timeline.ts";
import { spanIdOf, traceIdOf } from "../task/trace.ts";
import { bare } from "../text/quote.ts";
import { ATTRIBUTES as AT, executeTool, invokeAgent, onQueue, PHASE_SPANS, SPANS } from "./names.ts";

type Attributes = Record<string, string | number>;
export type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** On which side of the queue it is; none: on neither. */
  kind?: "producer" | "consumer";
  start: number;
  end: number;
  attributes: Attributes;
  failed: boolean;
};
/** `part`: what tells it from the others of its task. */
type Part = Pick<Span, "name" | "start" | "end"> &
  Partial<Pick<Span, "kind" | "attributes" | "failed">> & { part: string };

const NAME = 80;
/** Outcomes that are as they should be, or as people wanted them. */
const FINE: ReadonlySet<string> = new Set(["pull_request", "no_changes", "cancelled", "refused", "parked", "limited"]);
/** What came by these ways was delivered by GitHub. */
const DELIVERED: ReadonlySet<string | undefined> = new Set(["comment", "label", "check"]);

/** `said`: the run events of each run, by its number, as far as they are kept. None while the task is not over. */
export function spansOf(
  task: Task,
  events: readonly TaskEvent[],
  said: ReadonlyMap<number, readonly RunEvent[]> = new Map(),
): Span[] {
  const { spec, state } = task;
  if (state.name !== "settled") return [];
  const { id } = spec;
  const span = ({ part, attributes = {}, failed = false, ...rest }: Part, parent?: string): Span => ({
    ...{ traceId: traceIdOf(id), spanId: spanIdOf(id, part), ...(parent !== undefined && { parentSpanId: parent }) },
    ...{ ...rest, end: Math.max(rest.start, rest.end), attributes, failed },
  });
  const doors = doorsOf(spec);
  const root = span(
    taskPart(task, state.outcome.kind, Math.min(state.at, ...doors.map(({ start }) => start)), state.at),
  );
  const processed = task.runs.map((run) => span(processPart(run, state.at), root.spanId));
  const runs = task.runs.map((run, nth) => span(runPart(run, state.at), processed[nth]?.spanId));
  const runAt = (at: number) => task.runs.findLastIndex(({ startedAt }) => startedAt <= at);
  const all = stretches(events, state.at);
  const parts = all.map((stretch, nth) => {
    const index = stretch.of === "run" ? runAt(stretch.start) : -1;
    const isLast = !all.slice(nth + 1).some((each) => each.phase === "working" && runAt(each.start) === index);
    return span(stretchPart(stretch, nth, task.runs[index], isLast), runs[index]?.spanId ?? root.spanId);
  });
  const parentOfTool = (at: number, run: Span) =>
    parts.findLast(({ start, parentSpanId }) => parentSpanId === run.spanId && start <= at) ?? run;
  const tools = task.runs.flatMap((run, nth) => {
    const own = runs[nth];
    if (!own) return [];
    return toolParts(run.number, said.get(run.number) ?? [], own.end).map((tool) =>
      span(tool, parentOfTool(tool.start, own).spanId),
    );
  });
  return [root, ...doors.map((door) => span(door, root.spanId)), ...processed, ...runs, ...parts, ...tools];
}

/** What brought it here: GitHub's delivery, where it came by one, and what intake made of it. */
function doorsOf({ origin, requestedAt, receivedAt, acceptedAt }: TaskSpec): Part[] {
  const received = Math.min(receivedAt ?? acceptedAt, acceptedAt);
  const intake = { part: "intake", name: SPANS.intake, start: received, end: acceptedAt };
  if (!DELIVERED.has(viaOf(origin))) return [intake];
  // GitHub has a clock of its own.
  const webhook = { part: "webhook", name: SPANS.webhook, start: Math.min(requestedAt, received), end: received };
  return [webhook, intake];
}

function taskPart({ spec, agent = "" }: Task, outcome: string, start: number, end: number): Part {
  const { id, repository, number } = spec;
  const attributes = {
    [AT.task]: id,
    [AT.repository]: `${repository.owner}/${repository.name}`,
    [AT.number]: number,
    [AT.agent]: bare(agent, NAME),
    [AT.result]: outcome,
  };
  return { part: "", name: SPANS.task, start, end, attributes, failed: !FINE.has(outcome) };
}

const processPart = ({ number, startedAt, endedAt }: TaskRun, settledAt: number): Part => ({
  ...{ part: `process:${number}`, name: SPANS.process, kind: "consumer", attributes: onQueue("process") },
  ...{ start: startedAt, end: endedAt ?? settledAt },
});

function runPart({ number, host, startedAt, endedAt, end, progress }: TaskRun, settledAt: number): Part {
  const attributes = known({
    [AT.run]: number,
    [AT.worker]: host,
    [AT.runEnd]: end,
    [AT.cost]: progress.costUsd,
  });
  const failed = end !== undefined && !FINE.has(end);
  return { part: String(number), name: SPANS.run, start: startedAt, end: endedAt ?? settledAt, attributes, failed };
}

type Stretch = { of: "task" | "run"; what: "send" | "report" | Phase; phase?: Phase; start: number; end: number };

function stretchPart({ what, start, end }: Stretch, nth: number, run: TaskRun | undefined, isLast: boolean): Part {
  const part = `${what}:${nth}`;
  if (what === "send") return { part, name: SPANS.send, kind: "producer", start, end, attributes: onQueue("send") };
  if (what === "report") return { part, name: SPANS.report, start, end };
  if (what !== "working") return { part, name: PHASE_SPANS[what], start, end };
  const agent = bare(run?.progress.agent ?? "", NAME);
  return { part, name: invokeAgent(agent), start, end, attributes: agentAttributes(agent, run, isLast) };
}

/** What a run has used stands on one span of it, its last: so that whoever adds them up counts it once. */
function agentAttributes(agent: string, run: TaskRun | undefined, isLast: boolean): Attributes {
  const { model, sessionId, inputTokens, outputTokens } = run?.progress ?? {};
  return known({
    [AT.operation]: "invoke_agent",
    [AT.agent]: agent,
    [AT.model]: model === undefined ? undefined : bare(model, NAME),
    [AT.conversation]: sessionId === undefined ? undefined : bare(sessionId, NAME),
    ...(isLast && { [AT.inputTokens]: inputTokens, [AT.outputTokens]: outputTokens }),
  });
}

/** A call lasts until its program says the next thing: when it ended nobody has kept. Of what it was called with nothing is told. */
function toolParts(run: number, said: readonly RunEvent[], end: number): Part[] {
  return said.flatMap(({ kind, text, at, ok }, nth) => {
    if (kind !== "tool") return [];
    const tool = /^[\w.-]{1,40}(?=\s|$)/.exec(text)?.[0] ?? "";
    const attributes = { [AT.operation]: "execute_tool", [AT.tool]: tool };
    const until = ok === false ? at : (said[nth + 1]?.at ?? end);
    return [
      { part: `tool:${run}:${nth}`, name: executeTool(tool), start: at, end: until, attributes, failed: ok === false },
    ];
  });
}

const known = (all: Record<string, string | number | undefined>): Attributes =>
  Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string | number] => entry[1] !== undefined));

/** When it waited for a slot, when it was in which phase, and when its pull request was opened, in order. */
function stretches(events: readonly TaskEvent[], settledAt: number): Stretch[] {
  const all: Stretch[] = [];
  let open: Omit<Stretch, "end"> | undefined;
  const go = (next: Omit<Stretch, "end" | "start"> | undefined, at: number) => {
    if (open) all.push({ ...open, end: at });
    open = next && { ...next, start: at };
  };
  const phase = (name: Phase | undefined) => name && { of: "run" as const, what: name, phase: name };
  for (const { what, at, detail } of events) {
    if (what === "queued" || what === "ready") {
      if (open?.what !== "send") go({ of: "task", what: "send" }, at);
    } else if (what === "claimed") go(phase("preparing"), at);
    else if (what === "phase") go(phase(PHASES.find((name) => name === detail.phase)), at);
    else if (what === "pushed") go({ of: "task", what: "report" }, at);
    else if (what === "parked") go(undefined, at);
  }
  go(undefined, settledAt);
  return all;
}
