/**
 * `orch why TASK`: why a task is not over, or why it ended so, with what that rests on and what to do next. The same view and
 * the same words as on GitHub.
 */
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { leadersOf } from "../src/task/followers.ts";
import { sayInDoubt } from "../src/task/in-doubt.ts";
import { isWritten } from "../src/task/origin.ts";
import { isUnusable } from "../src/task/record.ts";
import type { RunDoubt } from "../src/task/standing.ts";
import type { TaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import { bare, inTerminal } from "../src/text/quote.ts";
import type { Around } from "../src/views/around.ts";
import type { Evidence } from "../src/views/outcome-view.ts";
import { type Spent, spentOn } from "../src/views/spent.ts";
import { taskView } from "../src/views/task-view.ts";
import { type Why, why as whyOf } from "../src/views/why.ts";
import { nextStep } from "../src/words/next-step.ts";
import { whoAsked } from "../src/words/origin-words.ts";
import { evidenceTitles } from "../src/words/outcome-words.ts";
import { nodeLine } from "../src/words/plan-words.ts";
import { routingWords } from "../src/words/routing-words.ts";
import { spentWords } from "../src/words/spent-words.ts";
import { runWords, whyWords } from "../src/words/why-words.ts";
import { askBack, findTasks, idsLike } from "./find-task.ts";
import { taskLine } from "./task-line.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

/** Of a text that an end rests on, so many last lines are shown; JSON has more. */
const EVIDENCE_LINES = 30;

const OTHERS = 20;

type Found =
  | { kind: "task"; answer: Why; spent: Spent; others: string[]; now: number }
  | { kind: "in doubt"; task: string; doubt: RunDoubt }
  /** `lines`: what to say instead. */
  | { kind: "none"; lines: string[] };

/** `task`: id, beginning of an id, or `owner/repo#number`. Exit code 0 with an answer; 1 when no task fits, or several do. */
export async function why(env: Env, task: string, json: boolean): Promise<number> {
  const found = await withRedis(env, "why", (redis) => look(redis, task));
  const say = (asJson: object, lines: readonly string[]) =>
    process.stdout.write(json ? `${JSON.stringify(asJson)}\n` : `${lines.join("\n")}\n`);
  switch (found.kind) {
    case "task":
      say({ ...found.answer, spent: found.spent, now: found.now }, render(found));
      return 0;
    case "in doubt":
      say({ task: { id: found.task }, inDoubt: found.doubt }, renderDoubt(found));
      return 0;
    case "none":
      if (json) say({ error: found.lines.join(" ") }, []);
      else process.stderr.write(`${found.lines.join("\n")}\n`);
      return 1;
  }
}

async function look(redis: Redis, text: string): Promise<Found> {
  const { store, views } = viewsOf(redis);
  const [all, around] = await Promise.all([findTasks(redis, text), views.around()]);
  const [task, ...others] = all;
  if (!task) return (await findDoubt(redis, store, text, around)) ?? { kind: "none", lines: [nothingFits(text)] };
  const line = (each: Task) => `  ${taskLine(taskView(each, around.hosts), around.now)}`;
  const isOver = text.includes("#") && task.state.name === "settled";
  if (others.length > 0 && !isOver) return { kind: "none", lines: askBack(text, all, line) };
  // Those may be over, and then are not among the open ones: the dispatcher is about to see it.
  const [waitedFor, teams] = await Promise.all([store.readMany(leadersOf(task.state)), views.teamsOf([task])]);
  const answer = whyOf(task, { ...around, teams, tasks: [...around.tasks, ...waitedFor] });
  const earlier = others.slice(0, OTHERS).map(line);
  return { kind: "task", answer, spent: spentOn([task]), others: earlier, now: around.now };
}

const nothingFits = (text: string): string =>
  `No task fits "${bare(text, 100)}". \`orch tasks --all\` lists those that there are.`;

/** The one task that is meant, should its record say nothing. Of an id that has none a living host has to speak. */
async function findDoubt(
  redis: Redis,
  store: TaskStore,
  text: string,
  { inDoubt }: Around,
): Promise<Found | undefined> {
  const [id, ...more] = await idsLike(redis, text);
  if (id === undefined || more.length > 0) return undefined;
  const reading = await store.lookUp(id);
  const doubt = isUnusable(reading) ? reading.kind : inDoubt?.get(id);
  return doubt && { kind: "in doubt", task: id, doubt };
}

function renderDoubt({ task, doubt }: Extract<Found, { kind: "in doubt" }>): string[] {
  const said = sayInDoubt(new Map([[task, doubt]]));
  return [task, ...said.map(({ what, remedy }) => `  ${what}. What to do: ${remedy}.`)];
}

function render({ answer, spent, others, now }: Extract<Found, { kind: "task" }>): string[] {
  const { task, runs } = answer;
  const used = spentWords(spent);
  const who = task.actor ?? whoAsked(task, inTerminal);
  const where = isWritten(task.origin) ? `: ${task.origin.url}` : task.actor ? ` (${task.origin.kind})` : "";
  const settled = answer.state === "settled" ? answer : undefined;
  return [
    taskLine(task, now),
    ...whyWords(answer, now, inTerminal).map((sentence) => `  ${sentence}`),
    ...(answer.routing ? [`  ${routingWords(answer.routing, inTerminal)}`] : []),
    ...(answer.team ? ["Nodes", ...answer.team.nodes.map((node) => `  ${nodeLine(node, now, inTerminal)}`)] : []),
    ...(settled?.evidence ?? []).flatMap(renderEvidence),
    ...(settled ? [`  Next: ${nextStep(answer, inTerminal)}`] : []),
    ...(runs.length > 0 ? ["Runs", ...runs.map((run) => `  ${runWords(run, now, inTerminal)}`)] : []),
    ...(used === undefined ? [] : [`Used: ${used}.`]),
    `Asked for by ${who}${where}`,
    ...(others.length > 0 ? ["Earlier there, over as well", ...others.map((line) => `  ${line}`)] : []),
  ];
}

function renderEvidence({ what, text }: Evidence): string[] {
  const lines = text.split("\n").slice(-EVIDENCE_LINES);
  return [`  ${evidenceTitles[what]}`, ...lines.map((line) => `    | ${line}`.trimEnd())];
}
