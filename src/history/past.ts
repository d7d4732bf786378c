/**
 * What is remembered of a task that is over: who asked, where, which kind of work by which agent, how it ended, how long it took and
 * what it cost. Names, numbers and times only: no word of what was asked or said. Pure. Times are Unix ms.
 */
import type { Ci, Closed } from "../task/history-news.ts";
import type { OriginKind } from "../task/origin.ts";
import { workKindOf } from "../task/origin.ts";
import type { Outcome } from "../task/outcome.ts";
import { progressOf, type Task, type TaskRun } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import type { TaskEvent } from "../task/timeline.ts";
import { bare } from "../text/quote.ts";
import { countableUse, timeOf, wholeOf } from "./countable-use.ts";
import { timesOf } from "./times.ts";

/** What kind of work it is, by what was known before it began: so whoever compares agents compares like with like. */
export type Kind = "plan" | "review" | "check" | "schedule" | "pull" | "issue";

/** How much was written to say what is wanted: all that is known of how much there is to do. */
export type Size = "small" | "medium" | "large";

export type PastTask = {
  task: string;
  repositoryId: number;
  /** owner/name */
  repository: string;
  number: number;
  person?: string;
  origin: OriginKind;
  kind: Kind;
  size: Size;
  /** Empty: it ended before one was chosen, or said which model it uses. */
  agent: string;
  model: string;
  /** Of the agent's program; empty where it does not say. */
  version: string;
  outcome: Outcome["kind"];
  requestedAt: number;
  settledAt: number;
  queuedMs?: number;
  pull?: number;
  closedAt?: number;
  merged: boolean;
  /** What the repository's CI said of the commit that was published first. */
  ci?: Ci["said"];
  /** How often a host came back to its run after it had died. */
  restarts: number;
  runs: PastRun[];
};

export type PastRun = {
  epoch: number;
  host: string;
  startedAt: number;
  endedAt?: number;
  end?: string;
  /** How it began. */
  start?: string;
  /** It got as far as an agent, so it has used something, known or not. */
  hadAgent: boolean;
  inputTokens?: number;
  outputTokens?: number;
  costUsd?: number;
  /** How often the repository's check ran. */
  rounds?: number;
};

/** Of names that agents, hosts and people give. */
const NAME = 80;
/** In characters, up to which what is asked is of that size. */
const SIZES: readonly [number, Size][] = [
  [200, "small"],
  [1_000, "medium"],
];

/** What became of a task's pull request, as far as that is known. */
export type Fate = { closed?: Closed | undefined; ci?: Ci | undefined };

/** Undefined while the task is not over. */
export function pastOf(task: Task, events: readonly TaskEvent[], { closed, ci }: Fate = {}): PastTask | undefined {
  const { spec, state, runs } = task;
  if (state.name !== "settled") return undefined;
  const { model, agentVersion } = countableUse(progressOf(task));
  const { queuedMs } = timesOf(events, state.at);
  const pull = state.outcome.kind === "pull_request" ? wholeOf(state.outcome.number) : undefined;
  return {
    task: spec.id,
    repositoryId: spec.repository.id,
    repository: `${spec.repository.owner}/${spec.repository.name}`,
    number: wholeOf(spec.number) ?? 0,
    ...(spec.actor && { person: spec.actor.login }),
    origin: spec.origin.kind,
    kind: kindOf(spec),
    size: sizeOf(spec),
    agent: bare(task.agent ?? "", NAME),
    model: bare(model ?? spec.model ?? "", NAME),
    version: bare(agentVersion ?? "", NAME),
    outcome: state.outcome.kind,
    requestedAt: timeOf(spec.requestedAt) ?? 0,
    settledAt: timeOf(state.at) ?? 0,
    ...(queuedMs !== undefined && { queuedMs }),
    ...(pull !== undefined && { pull }),
    ...(closed && { closedAt: timeOf(closed.at) ?? 0 }),
    merged: closed?.merged ?? false,
    ...(ci && { ci: ci.said }),
    restarts: events.filter(({ what }) => what === "crashed").length,
    runs: runs.map(pastRun),
  };
}

export function kindOf({ origin, plan, target }: Pick<TaskSpec, "origin" | "plan" | "target">): Kind {
  if (plan) return "plan";
  return workKindOf(origin) ?? target.kind;
}

export function sizeOf({ instruction, details = "" }: Pick<TaskSpec, "instruction" | "details">): Size {
  const length = instruction.length + details.length;
  return SIZES.find(([most]) => length <= most)?.[1] ?? "large";
}

function pastRun({ number, host, startedAt, endedAt, end, progress }: TaskRun): PastRun {
  const { start, agent, inputTokens, outputTokens, costUsd, verification } = countableUse(progress);
  return {
    epoch: wholeOf(number) ?? 0,
    host: bare(host, NAME),
    startedAt: timeOf(startedAt) ?? 0,
    endedAt: timeOf(endedAt),
    end: typeof end === "string" ? bare(end, NAME) : undefined,
    start: start?.how,
    hadAgent: agent !== undefined,
    inputTokens,
    outputTokens,
    costUsd,
    rounds: verification?.rounds,
  };
}
