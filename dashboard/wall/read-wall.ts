/**
 * What the wall of sessions shows: every task whose agent is at work, and every one that waits for a person, with the last lines that it said. Read
 * once for all who look at the same time; while nobody looks, nothing is read.
 */
import type { Redis } from "ioredis";
import { isForPerson, openQuestions } from "../../src/task/question.ts";
import { readRunEvents } from "../../src/task/run-events.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { visibleText } from "../../src/text/clean.ts";
import { bare } from "../../src/text/quote.ts";
import { redact } from "../../src/text/secret-patterns.ts";
import { logLines } from "../../src/views/log-lines.ts";
import { taskView } from "../../src/views/task-view.ts";
import { type Session, WALL_LINES } from "../pages/sessions.ts";
import type { Facts, FactsKeeper } from "../rows/facts.ts";

/** Gives the last lines of a task's newest run, the oldest first. */
export type LastLines = (task: Task, lines: number) => Promise<readonly string[]>;

export type Hung = { task: Task; session: Session };

/** Of one line, in characters: what is beyond the edge of a box is not seen anyway. */
const MAX_LINE = 200;
/** Sessions that are shown; more no screen has room for. */
const MOST = 60;
/** How old a look may be that somebody else had, ms. */
const SHARED_MS = 800;

export type WallDeps = { facts: Pick<FactsKeeper, "read">; lastLines: LastLines; now: () => number };

export function makeWall({ facts, lastLines, now }: WallDeps) {
  let last: { at: number; hung: Promise<Hung[]> } | undefined;

  /** Those that need somebody first; within that in the order in which they were asked for, which nothing changes. */
  function read(): Promise<Hung[]> {
    if (last && now() - last.at < SHARED_MS) return last.hung;
    const hung = look();
    last = { at: now(), hung };
    // Whoever asks next looks anew; whoever waits for this look is told.
    hung.catch(() => {
      last = undefined;
    });
    return hung;
  }

  async function look(): Promise<Hung[]> {
    const seen = await facts.read(SHARED_MS);
    const shown = seen.tasks.filter((task) => task.state.name === "running" || needsOf(task) !== undefined);
    const inOrder = shown.toSorted(
      (one, other) => Number(needsOf(other) !== undefined) - Number(needsOf(one) !== undefined),
    );
    return await Promise.all(
      inOrder.slice(0, MOST).map(async (task) => ({ task, session: await sessionOf(task, seen) })),
    );
  }

  async function sessionOf(task: Task, { hosts, beats }: Facts): Promise<Session> {
    const lines = await lastLines(task, WALL_LINES);
    return {
      task: taskView(task, hosts),
      lines: lines.slice(-WALL_LINES).map(shownLine),
      lastOutputAt: beats.get(task.spec.id),
      needs: needsOf(task),
    };
  }

  return { read };
}

export type Wall = ReturnType<typeof makeWall>;

/** Blanks stay: they are how what programs print is laid out. */
const shownLine = (line: string): string => redact(visibleText(line.slice(0, 4 * MAX_LINE))).slice(0, MAX_LINE);

function needsOf(task: Task): string | undefined {
  const [question] = openQuestions(task).filter(isForPerson);
  if (question) return `${question.blocker ? "cannot go on" : "asks"}: ${bare(question.text, 160)}`;
  const isAsked = task.state.name === "waiting" && task.state.reasons.some((reason) => reason.for === "approval");
  return isAsked ? "proposes something, and waits for a word" : undefined;
}

/** From the events that hosts tell of, which are there for a day; of an older run there is what its record has kept. */
export const linesOfEvents =
  (redis: Redis): LastLines =>
  async (task, lines) => {
    const { events } = await readRunEvents(redis, task.spec.id, task.epoch, { limit: 2 * lines });
    const said = events.flatMap(logLines);
    return (said.length > 0 ? said : (progressOf(task).lastLines ?? "").split("\n")).slice(-lines);
  };
