/**
 * The picture of `orch top`, as lines: who needs somebody, what runs, what waits and why, the hosts, what is over. Pure. The order of what runs never
 * changes while it does. Every text in it is hostile: it is shown, never obeyed.
 */
import { styleText } from "node:util";
import { progressOf, type Task } from "../../src/task/task.ts";
import { count, dollars, duration } from "../../src/text/amounts.ts";
import { bare, inTerminal } from "../../src/text/quote.ts";
import { hosts as hostsView } from "../../src/views/hosts.ts";
import { needsMe } from "../../src/views/needs-me.ts";
import { spentOn } from "../../src/views/spent.ts";
import { taskView } from "../../src/views/task-view.ts";
import { type WhyRunning, why } from "../../src/views/why.ts";
import { needWords } from "../../src/words/need-words.ts";
import { nextStep } from "../../src/words/next-step.ts";
import { sumWords } from "../../src/words/spent-words.ts";
import { standing, stateWord } from "../../src/words/task-words.ts";
import { table, toWidth } from "../table.ts";
import { whereOf } from "../task-line.ts";
import type { Overview } from "./overview.ts";

const NEEDS = 20;
const OVER = 10;
const MOST_LISTED = 200;

/** `width`: of each line at most, in columns. */
export function frame(seen: Overview, width: number): string[] {
  const { around, over } = seen;
  const needs = needsMe(over, around);
  const open = around.tasks.toSorted((one, other) => one.spec.acceptedAt - other.spec.acceptedAt);
  const running = open.filter(({ state }) => state.name === "running");
  const waiting = open.filter(({ state }) => state.name !== "running");
  const cutTo = (lines: readonly string[], most: number) => [
    ...lines.slice(0, most),
    ...(lines.length > most ? [`… and ${lines.length - most} more`] : []),
  ];
  return [
    ...[headline(seen)].map((line) => toWidth(line, width)),
    ...section(
      `Needs you (${needs.length})`,
      cutTo(
        needs.map((need) => needWords(need, around.now, inTerminal)),
        NEEDS,
      ),
      width,
    ),
    ...section(`Running (${running.length})`, cutTo(runningLines(running, seen, width - 2), MOST_LISTED), width),
    ...section(`Waiting (${waiting.length})`, cutTo(waitingLines(waiting, seen, width - 2), MOST_LISTED), width),
    ...section("Hosts", hostLines(seen), width),
    ...section(
      "Over lately",
      over.slice(0, OVER).map((task) => overLine(task, seen)),
      width,
    ),
  ];
}

function section(title: string, lines: readonly string[], width: number): string[] {
  if (lines.length === 0) return [];
  return ["", styleText("bold", toWidth(title, width)), ...lines.map((line) => toWidth(`  ${line}`, width))];
}

function headline({ around, today }: Overview): string {
  const { hosts, tasks, now } = around;
  const alive = hostsView(around).filter((host) => host.alive);
  const slots = alive.reduce((sum, host) => sum + host.slots, 0);
  const busy = alive.reduce((sum, host) => sum + host.busy, 0);
  const queued = tasks.flatMap(({ state }) => (state.name === "queued" ? [now - state.since] : []));
  const oldest = queued.length > 0 ? ` (oldest ${duration(Math.max(...queued))})` : "";
  const merged = today.merged === undefined ? "" : `, ${today.merged} merged`;
  const cost = sumWords({ costUsd: today.costUsd, isWhole: !today.costUnknown });
  return [
    `Orch  ${alive.length}/${hosts.length} hosts, ${busy}/${slots} slots`,
    `queue ${queued.length}${oldest}`,
    `today ${count(today.pullRequests, "PR")}${merged}, cost ${cost}`,
  ].join("  |  ");
}

function runningLines(running: readonly Task[], { around }: Overview, width: number): string[] {
  const rows = running.flatMap((task) => {
    const answer = why(task, around);
    return answer.state === "running" ? [runningFields(task, answer, around.now)] : [];
  });
  return rows.length > 0 ? table(HEADING, rows, width) : [];
}

const HEADING = ["TASK", "WHERE", "STATE", "TRY", "OUTPUT", "AGENT", "HOST", "COST", "TIME", "LAST WORDS"];

function runningFields(task: Task, answer: WhyRunning, now: number): string[] {
  const { lastOutputAt, deadline, since, host } = answer;
  const { known } = spentOn([task]).costUsd;
  const view = answer.task;
  const took = duration(now - since);
  return [
    view.id.slice(0, 8),
    bare(whereOf(view), 40),
    stateWord(view),
    String(task.epoch),
    lastOutputAt === undefined ? "-" : `${duration(now - lastOutputAt)} ago`,
    bare(view.agent ?? "-", 20),
    host.alive ? bare(host.name ?? host.id, 20) : `${bare(host.name ?? host.id, 20)} SILENT`,
    known === undefined ? "-" : dollars(known),
    deadline ? `${took} of ${duration(deadline.at - since)}` : took,
    lastWords(task),
  ];
}

/** What its agent says that it is at; else the end of what it printed. */
function lastWords(task: Task): string {
  const { said, lastLines = "" } = progressOf(task);
  return bare(said ?? lastLines.slice(-2_000).trimEnd().split("\n").at(-1) ?? "", 200);
}

function waitingLines(waiting: readonly Task[], { around }: Overview, width: number): string[] {
  const rows = waiting.map((task) => {
    const answer = why(task, around);
    return [
      answer.task.id.slice(0, 8),
      bare(whereOf(answer.task), 40),
      stateWord(answer.task),
      duration(around.now - answer.task.since),
      nextStep(answer, inTerminal),
    ];
  });
  return rows.length > 0 ? table(["TASK", "WHERE", "STATE", "FOR", "WHY"], rows, width) : [];
}

function hostLines({ around }: Overview): string[] {
  return hostsView(around).map((host) => {
    const state = host.alive
      ? host.draining
        ? "draining"
        : "alive"
      : `silent for ${duration(around.now - host.lastBeat)}`;
    const room = host.lacksRoom ? ", takes no task: its disk is full" : "";
    return `${bare(host.name, 40)} (${bare(host.id, 20)})  ${host.busy}/${host.slots}  ${host.sandbox}  ${state}${room}`;
  });
}

function overLine(task: Task, { around }: Overview): string {
  const view = taskView(task, around.hosts);
  return `${view.id.slice(0, 8)}  ${bare(whereOf(view), 40)}  ${standing(view, around.now)}  ${bare(view.request, 60)}`;
}
