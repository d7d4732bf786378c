/**
 * A task that is over as spans: itself, its wait for a slot, each run, and the phases that it went through. Made at the end, of stored
 * times. Names are those of OpenTelemetry's conventions for CI/CD and for GenAI, as far as there are some. Pure. Times are Unix ms.
 */
import { PHASES, type Task, type TaskRun } from "../task/task.ts";
import type { TaskEvent } from "../task/timeline.ts";
import { spanIdOf, traceIdOf } from "../task/trace.ts";
import { bare } from "../text/quote.ts";

export type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  start: number;
  end: number;
  attributes: Record<string, string | number>;
  failed: boolean;
};

const NAME = 80;
/** Outcomes that are as they should be, or as people wanted them. */
const FINE: ReadonlySet<string> = new Set(["pull_request", "no_changes", "cancelled", "refused"]);

/** None while the task is not over. */
export function spansOf(task: Task, events: readonly TaskEvent[]): Span[] {
  const { spec, state, agent = "" } = task;
  if (state.name !== "settled") return [];
  const { id, repository, number } = spec;
  const base = { traceId: traceIdOf(id), failed: false };
  const root: Span = {
    ...base,
    spanId: spanIdOf(id, ""),
    name: "orch task",
    start: Math.min(spec.acceptedAt, state.at),
    end: state.at,
    attributes: {
      "orch.task": id,
      "vcs.repository.name": `${repository.owner}/${repository.name}`,
      "orch.number": number,
      "gen_ai.agent.name": bare(agent, NAME),
      "cicd.pipeline.result": state.outcome.kind,
    },
    failed: !FINE.has(state.outcome.kind),
  };
  const under = (parent: string, part: string, span: Pick<Span, "name" | "start" | "end" | "attributes">): Span => ({
    ...base,
    spanId: spanIdOf(id, part),
    parentSpanId: parent,
    ...span,
    end: Math.max(span.start, span.end),
  });
  const runs = task.runs.map((run) => ({
    ...under(root.spanId, String(run.number), {
      name: "run",
      start: run.startedAt,
      end: run.endedAt ?? state.at,
      attributes: runAttributes(run),
    }),
    failed: run.end !== undefined && !FINE.has(run.end) && run.end !== "parked" && run.end !== "limited",
  }));
  const parentAt = (at: number) => runs.findLast(({ start }) => start <= at)?.spanId ?? root.spanId;
  const parts = stretches(events, state.at).map(({ name, start, end }, nth) =>
    under(name === "queue" ? root.spanId : parentAt(start), `${name}:${nth}`, { name, start, end, attributes: {} }),
  );
  return [root, ...runs, ...parts];
}

function runAttributes({ number, host, end, progress }: TaskRun): Span["attributes"] {
  const { agent, model, sessionId, inputTokens, outputTokens, costUsd } = progress;
  const all = {
    "cicd.pipeline.run.id": number,
    "cicd.worker.id": host,
    "orch.run.end": end,
    "gen_ai.operation.name": agent === undefined ? undefined : "invoke_agent",
    "gen_ai.agent.name": agent,
    "gen_ai.request.model": model === undefined ? undefined : bare(model, NAME),
    "gen_ai.conversation.id": sessionId === undefined ? undefined : bare(sessionId, NAME),
    "gen_ai.usage.input_tokens": inputTokens,
    "gen_ai.usage.output_tokens": outputTokens,
    "orch.cost_usd": costUsd,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  );
}

type Stretch = { name: string; start: number; end: number };

/** When it waited for a slot, and when it was in which phase, in order. */
function stretches(events: readonly TaskEvent[], settledAt: number): Stretch[] {
  const all: Stretch[] = [];
  let open: Omit<Stretch, "end"> | undefined;
  const go = (name: string | undefined, at: number) => {
    if (open) all.push({ ...open, end: at });
    open = name === undefined ? undefined : { name, start: at };
  };
  for (const { what, at, detail } of events) {
    if (what === "queued" || what === "ready") {
      if (open?.name !== "queue") go("queue", at);
    } else if (what === "claimed") go("preparing", at);
    else if (what === "phase")
      go(
        PHASES.find((phase) => phase === detail.phase),
        at,
      );
    else if (what === "parked") go(undefined, at);
  }
  go(undefined, settledAt);
  return all;
}
