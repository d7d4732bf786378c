/**
 * The page of the wall of sessions, and what of it moves. It is read once for all who look at the same time, and while nobody looks nothing is
 * read: the page's stream ends soon after its tab is hidden.
 */
import type { Redis } from "ioredis";
import { approvedPlan } from "../../src/task/proposal.ts";
import { isForPerson, openQuestions } from "../../src/task/question.ts";
import { readRunEvents } from "../../src/task/run-events.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { visibleText } from "../../src/text/clean.ts";
import { bare } from "../../src/text/quote.ts";
import { redact } from "../../src/text/secret-patterns.ts";
import type { Around } from "../../src/views/around.ts";
import { logLines } from "../../src/views/log-lines.ts";
import { taskView } from "../../src/views/task-view.ts";
import type { DashboardDeps } from "../deps.ts";
import type { LastLines } from "../output/last-lines.ts";
import { type Region, seenBy } from "../rows/drawing.ts";
import type { LiveView } from "../rows/live.ts";
import { drawAnew, type Memory, makeMemory } from "../rows/memory.ts";
import type { DashboardRoute } from "../visit.ts";
import { page } from "./layout.ts";
import { type Session, sessionKey, sessionRow, sessionsBody, WALL, WALL_LINES } from "./sessions.ts";

export type SessionDeps = Pick<DashboardDeps, "redis" | "views" | "log"> & { lastLines: LastLines };

/** Lines come without any task changing. */
const LOOK_MS = 1_000;
/** Sessions that are shown; more no screen has room for. */
const MOST = 60;
/** Of one line, in characters: what is beyond the edge of a box is not seen anyway. */
const MAX_LINE = 200;

/** Page and stream share what hosts have answered. */
export function sessionPages(deps: SessionDeps): { routes: DashboardRoute[]; view: LiveView } {
  const linesOf = makeLines(deps);
  const memory = makeMemory();
  const sessions: DashboardRoute = {
    method: "GET",
    path: "/sessions",
    answer: async (visit) => {
      const region = await wall(await deps.views.around(), linesOf, drawAnew);
      const [seen] = (await seenBy(visit.rights, [region])).regions;
      if (!seen) return { kind: "nothing" };
      const parts = { title: "Sessions", visit, at: "/sessions", live: "sessions", styles: ["pages.css"] };
      return page({ ...parts, body: sessionsBody(seen) });
    },
  };
  const view: LiveView = {
    name: "sessions",
    everyMs: LOOK_MS,
    draw: async (_argument, facts) => ({ blocks: [], regions: [await wall(facts, linesOf, memory.nextLook())] }),
  };
  return { routes: [sessions], view };
}

type Looked = Pick<Around, "hosts" | "beats" | "now"> & { tasks: readonly Task[] };

/** Within those that need somebody, and within the others, in the order in which they were asked for, which nothing changes. */
async function wall({ tasks, hosts, beats, now }: Looked, linesOf: LinesOf, remembered: Memory): Promise<Region> {
  const shown = tasks.filter((task) => task.state.name === "running" || needsOf(task) !== undefined);
  const inOrder = [
    ...shown.filter((task) => needsOf(task) !== undefined),
    ...shown.filter((task) => needsOf(task) === undefined),
  ].slice(0, MOST);
  const lines = await linesOf(inOrder);
  const items = inOrder.map((task) => {
    const session: Session = {
      task: taskView(task, hosts),
      lines: (lines.get(task.spec.id) ?? []).map(shownLine),
      lastOutputAt: beats?.get(task.spec.id),
      needs: needsOf(task),
    };
    const key = sessionKey(session);
    const made = () => JSON.stringify(session);
    return {
      key,
      place: task.spec,
      html: (tier: "read" | "write") => remembered(`${key} ${tier}`, made, () => sessionRow(session, tier, now)),
    };
  });
  return { id: WALL, most: MOST, items };
}

/** Blanks stay: they are how what programs print is laid out. */
const shownLine = (line: string): string => redact(visibleText(line.slice(0, 4 * MAX_LINE))).slice(0, MAX_LINE);

function needsOf(task: Task): string | undefined {
  const [question] = openQuestions(task).filter(isForPerson);
  if (question) return `${question.blocker ? "cannot go on" : "asks"}: ${bare(question.text, 160)}`;
  const isAsked = task.state.name === "waiting" && task.state.reasons.some((reason) => reason.for === "approval");
  if (!isAsked) return undefined;
  return approvedPlan(task)
    ? "waits for a word about a change of its plan"
    : "proposes something, and waits for a word";
}

type LinesOf = (tasks: readonly Task[]) => Promise<Map<string, readonly string[]>>;

/**
 * From their hosts, as they answered last: each is asked anew with every look, and nobody waits for it, so a host that is away holds up no other. Of
 * whose host has not answered, from what it told by itself.
 */
function makeLines({ redis, lastLines, log }: SessionDeps): LinesOf {
  let printed = new Map<string, readonly string[]>();
  const asked = new Set<string>();

  function ask(id: string): void {
    if (asked.has(id)) return;
    asked.add(id);
    lastLines([id], WALL_LINES)
      .then((found) => void printed.set(id, found.get(id)?.lines ?? []))
      .catch((error: unknown) => log.debug({ err: error, task: id }, "the last lines of a session cannot be had"))
      .finally(() => asked.delete(id));
  }

  return async (tasks) => {
    const ids = tasks.map(({ spec }) => spec.id);
    printed = new Map([...printed].filter(([id]) => ids.includes(id)));
    ids.forEach(ask);
    const all = tasks.map(async (task) => {
      const lines = printed.get(task.spec.id) ?? [];
      return [task.spec.id, lines.length > 0 ? lines : await linesTold(redis, task)] as const;
    });
    return new Map(await Promise.all(all));
  };
}

async function linesTold(redis: Redis, task: Task): Promise<string[]> {
  const { events } = await readRunEvents(redis, task.spec.id, task.epoch, { limit: 2 * WALL_LINES });
  const said = events.flatMap(logLines);
  return (said.length > 0 ? said : (progressOf(task).lastLines ?? "").split("\n")).slice(-WALL_LINES);
}
