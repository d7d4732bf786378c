/** What a task did when: its timeline as stretches of time and moments, one behind the other. Pure. Times are Unix ms. */
import { PHASES, type Phase, type Task } from "../../src/task/task.ts";
import type { TaskEvent } from "../../src/task/timeline.ts";

export type Stretch = Phase | "queued" | "waiting";
export type Segment = { what: Stretch; from: number; to: number; run?: number };
/** Something that happened at one moment. */
export type Mark = { at: number; word: string };

export type Segments = { from: number; to: number; segments: Segment[]; marks: Mark[] };

const MARKS: Readonly<Record<string, string>> = {
  asked: "asked a person",
  answered: "was answered",
  decided: "was decided about",
  crashed: "its host died and came back",
  pushed: "pushed its branch",
  pull_request: "opened the pull request",
  cancel: "was to be cancelled",
};

/** Drawn one by one; what is beyond is left out, and a timeline is bounded anyway. */
const MOST = 300;

/** `until`: now, of a task that is not over. */
export function segmentsOf(task: Task, events: readonly TaskEvent[], until: number): Segments {
  const from = task.spec.acceptedAt;
  const to = Math.max(from, task.state.name === "settled" ? task.state.at : until);
  const segments: Segment[] = [];
  let open: { what: Stretch; since: number } | undefined;
  let run = 0;
  const turn = (what: Stretch | undefined, at: number): void => {
    const since = open?.since ?? at;
    if (open && at > since) segments.push({ what: open.what, from: since, to: at, ...(isOfRun(open.what) && { run }) });
    open = what && { what, since: at };
  };
  for (const { what, at, detail } of events) {
    const next = stretchOf(what, detail);
    if (next === undefined) continue;
    turn(next, clamp(at, from, to));
    if (what === "claimed") run += 1;
  }
  turn(undefined, to);
  const marks = events.flatMap(({ what, at }) => (MARKS[what] ? [{ at: clamp(at, from, to), word: MARKS[what] }] : []));
  return { from, to, segments: segments.slice(-MOST), marks: marks.slice(-MOST) };
}

function stretchOf(what: string, detail: TaskEvent["detail"]): Stretch | undefined {
  if (what === "queued" || what === "ready") return "queued";
  if (what === "waiting" || what === "waits" || what === "parked") return "waiting";
  if (what === "claimed") return "preparing";
  return what === "phase" ? PHASES.find((each) => each === detail.phase) : undefined;
}

const isOfRun = (what: Stretch): boolean => what !== "queued" && what !== "waiting";

const clamp = (at: number, from: number, to: number): number => Math.min(Math.max(at, from), to);

/** How long it was in each of them, in their order. */
export function totals(segments: readonly Segment[]): { what: Stretch; ms: number }[] {
  const order: Stretch[] = ["waiting", "queued", ...PHASES];
  return order.flatMap((what) => {
    const its = segments.filter((segment) => segment.what === what);
    return its.length === 0 ? [] : [{ what, ms: its.reduce((sum, { from, to }) => sum + to - from, 0) }];
  });
}
