/**
 * The whole account of one task: who asked, what was decided by whom, what its runs did and cost, what its checks said, what its network was kept from,
 * and what was pushed. And where two accounts differ. Pure; every text that is not ours stands on one bounded line. Times are Unix ms.
 */
import { operatorOf } from "../task/origin.ts";
import type { Task } from "../task/task.ts";
import type { Actor } from "../task/task-spec.ts";
import type { TaskEvent } from "../task/timeline.ts";
import { bare } from "../text/quote.ts";
import { type OutcomeView, outcomeView } from "./outcome-view.ts";
import { type Spent, spentOn } from "./spent.ts";
import { type NamedHosts, type RunView, runView, type TaskView, taskView } from "./task-view.ts";

/** `by`: a login, the operator's name, or which part of Orch. `via`: by which way; unknown where the record does not say. */
export type DecisionView = { at: number; what: string; by: string; via?: string; detail?: string };

export type RunAudit = RunView & { network?: { egress: "open" | "listed"; blocked: number; places: string[] } };

export type Audit = {
  task: TaskView;
  requestedAt: number;
  /** Oldest first; the first is who asked. */
  decisions: DecisionView[];
  /** What people did about it, wherever they did it; oldest first. */
  deeds: DeedView[];
  runs: RunAudit[];
  spent: Spent;
  pushed?: { branch: string; sha: string; commits: number; files: number; additions: number; deletions: number };
  outcome?: OutcomeView;
  /** From when it was asked until it was over. */
  tookMs?: number;
  /** What changed its state, oldest first. */
  timeline: { at: number; what: string; detail: string }[];
};

/** What a person did, as it was recorded where they did it. */
export type DeedView = { at: number; by: string; via: string; what: string };

export type AuditSources = {
  events: readonly TaskEvent[];
  hosts: NamedHosts;
  /** Of this task. */
  deeds?: readonly DeedView[];
};

export function audit(task: Task, { events, hosts, deeds = [] }: AuditSources): Audit {
  const { spec, state, pushed, runs } = task;
  const settled = state.name === "settled" ? state : undefined;
  return {
    task: taskView(task, hosts),
    requestedAt: spec.requestedAt,
    decisions: decisionsOf(task, events).sort((one, other) => one.at - other.at),
    deeds: deeds.map(deedView),
    runs: runs.map((run) => {
      const { network } = run.progress;
      const places = network?.places.map(({ host, port, why }) => bare(`${host}:${port}: ${why}`, 200)) ?? [];
      return { ...runView(run, hosts), ...(network && { network: { ...network, places } }) };
    }),
    spent: spentOn([task]),
    ...(pushed && { pushed: pushedView(pushed) }),
    ...(settled && { outcome: outcomeView(settled.outcome), tookMs: settled.at - spec.requestedAt }),
    timeline: events.map(({ at, what, detail }) => ({
      at,
      what: bare(what, 60),
      detail: detailText(detail),
    })),
  };
}

/** Of no use to anybody who reads: names that programs gave each other, and what the runs tell better. */
const UNTOLD: ReadonlySet<string> = new Set(["claim", "job", "progress", "message", "lastLines", "lastWords"]);
/** What a detail is called by, where that says all of it. */
const BY_ITSELF: ReadonlySet<string> = new Set(["kind", "phase", "name"]);

/** E.g. "host h1, lane (agent claude)"; what lies deeper is left out. */
const detailText = (detail: TaskEvent["detail"]): string => bare(detailWords(detail, 0), 300);

function detailWords(detail: object, depth: number): string {
  const words = Object.entries(detail).flatMap(([key, value]) => {
    if (UNTOLD.has(key) || value === null || value === undefined || depth > MOST_DEEP) return [];
    const name = bare(key.replaceAll("_", " "), 40);
    // Each text by itself: what looks for credentials in it is not to be misled by what stands beside.
    if (typeof value !== "object")
      return [BY_ITSELF.has(key) ? bare(String(value), 200) : `${name} ${bare(String(value), 200)}`];
    const inner = detailWords(value, depth + 1);
    return inner === "" ? [] : [`${Array.isArray(detail) ? "" : `${name} `}(${inner})`];
  });
  return words.join(", ");
}

const MOST_DEEP = 2;

const pushedView = ({ branch, sha, commits, files, additions, deletions }: NonNullable<Task["pushed"]>) => ({
  ...{ branch: bare(branch, 200), sha: bare(sha, 40) },
  ...{ commits, files, additions, deletions },
});

const deedView = ({ at, by, via, what }: DeedView): DeedView => {
  return { at, what: bare(what, 100), by: bare(by, 60), via: bare(via, 20) };
};

function decisionsOf(task: Task, events: readonly TaskEvent[]): DecisionView[] {
  const { spec, state, questions = [], proposal } = task;
  const asked = {
    at: spec.requestedAt,
    what: "asked",
    by: nameOf(spec.actor) ?? operatorName(spec) ?? spec.origin.kind,
    via: spec.origin.kind,
  };
  const answers = questions.flatMap(({ id, answer }) => {
    if (!answer) return [];
    const by = answer.manager ? "manager" : (nameOf(answer.by) ?? "unknown");
    return [{ at: answer.at, what: "answered", by, detail: bare(`${id}: ${answer.text}`, 200) }];
  });
  const decision = proposal?.decision;
  const decided = proposal && decision ? [{ ...decisionView(decision), detail: bare(proposal.name, 60) }] : [];
  const reason = state.name === "settled" && state.outcome.kind === "cancelled" ? state.outcome.reason : task.cancel;
  const at =
    events.find(({ what }) => what === "cancel")?.at ?? (state.name === "settled" ? state.at : spec.acceptedAt);
  const by = reason && "by" in reason ? bare(reason.by, 60) : undefined;
  const cancelled = reason ? [{ at, what: "cancelled", by: by ?? "Orch", detail: reason.kind }] : [];
  return [asked, ...answers, ...decided, ...cancelled];
}

function operatorName({ origin }: Task["spec"]): string | undefined {
  const name = operatorOf(origin);
  return name === undefined ? undefined : bare(name, 60);
}

const nameOf = (actor: Actor | undefined): string | undefined => actor && bare(actor.login, 60);

type Decided = { at: number; kind: string; by?: Actor | undefined };

/** Without a name the repository's own file decided. */
const decisionView = ({ at, kind, by }: Decided): DecisionView => ({
  at,
  what: bare(kind, 40),
  by: nameOf(by) ?? "the repository's file",
});

/** What can be compared at a glance; a field that is not known is empty. */
function compared(of: Audit): Record<string, string | number | null> {
  const last = of.runs.at(-1);
  const blocked = of.runs.reduce((sum, { network }) => sum + (network?.blocked ?? 0), 0);
  return {
    request: of.task.request,
    state: of.task.outcome ?? of.task.state,
    agent: of.task.agent ?? null,
    model: last?.model ?? null,
    runs: of.spent.runs,
    tookMs: of.tookMs ?? null,
    inputTokens: of.spent.inputTokens.known ?? null,
    outputTokens: of.spent.outputTokens.known ?? null,
    costUsd: of.spent.costUsd.known ?? null,
    checkExitCode: last?.verification?.exitCode ?? null,
    checkRounds: last?.verification?.rounds ?? null,
    blocked,
    commits: of.pushed?.commits ?? null,
    files: of.pushed?.files ?? null,
    additions: of.pushed?.additions ?? null,
    deletions: of.pushed?.deletions ?? null,
    decisions: of.decisions.length,
    deeds: of.deeds.length,
  };
}

export type Difference = { field: string; values: (string | number | null)[] };

/** The fields in which any differs from the first, with each one's value, in order. */
export function differences(audits: readonly Audit[]): Difference[] {
  const all = audits.map(compared);
  const [first = {}] = all;
  return Object.keys(first)
    .map((field) => ({ field, values: all.map((each) => each[field] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
}
