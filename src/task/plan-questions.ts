/**
 * What the agents of a plan's nodes ask, or say that keeps them from going on. The manager of the team is to see to it first; what it
 * has not answered when it was called for it, or in time, or when it may not be called any more, is a person's to answer. Pure.
 */
import { currentTry, isNodeOver, type Plan, type PlanNode, type Wake, withEvent, withWake } from "./plan.ts";
import { type Answer, isForPerson, openQuestions, type Question } from "./question.ts";
import type { Task } from "./task.ts";

/** So long a question waits for the manager, ms: it may have a question of its own, or no slot. */
export const MANAGER_ANSWERS_MS = 30 * 60_000;

/** Of which node, and of which of its tasks. */
type Asker = { node: string; task: string };

/** What the manager is called for; the same question is the same matter. */
export function matterOf({ node, task }: Asker, { id, text, options = [], blocker }: Question, at: number): Wake {
  const said = blocker ? `cannot go on (${blocker.kind}, blocker ${id}): ${text}` : `asks (question ${id}): ${text}`;
  const parts = [
    said,
    ...(blocker?.needs ? [`It needs: ${blocker.needs}`] : []),
    ...options.map((each, index) => `${index + 1}. ${each}`),
  ];
  return { kind: "blocker", key: keyOf(task, id), node, task, text: parts.join("\n"), at };
}

const keyOf = (task: string, question: string): string => `${task}:${question}`;

/** With the matter told to the manager, and in the plan's timeline; undefined when it is known. */
export function withMatter(plan: Plan, matter: Wake): Plan | undefined {
  const { node, task, text, at } = matter;
  const next = withWake(plan, matter);
  return next && withEvent(next, { at, what: "message", ...(node && { node }), ...(task && { task }), text });
}

/** What is to be done about an open question that the manager is to answer. */
export type NextFor = "wait" | "call" | "refer";

export function nextFor(plan: Plan, task: string, { id, askedAt }: Question, now: number): NextFor {
  const key = keyOf(task, id);
  if (now >= askedAt + MANAGER_ANSWERS_MS) return "refer";
  const { state, wakes, managed, managerRuns, caps } = plan;
  if (wakes.some((wake) => wake.key === key)) return "wait";
  const wasCalled = managed?.wakes.some((wake) => wake.key === key) === true;
  if (wasCalled) return state === "managing" ? "wait" : "refer";
  return state === "over" || state === "finishing" || managerRuns >= caps.managerRuns ? "refer" : "call";
}

/** An open question, and whose it is. */
export type NodeQuestion = { node: PlanNode; task: Task; question: Question };

/** All that agents of the plan's nodes ask now, oldest first. `tasks`: by id. */
export function questionsIn({ nodes }: Pick<Plan, "nodes">, tasks: ReadonlyMap<string, Task>): NodeQuestion[] {
  const asked = nodes.flatMap((node) => {
    const task = tasks.get(currentTry(node)?.task ?? "");
    return task && !isNodeOver(node) ? openQuestions(task).map((question) => ({ node, task, question })) : [];
  });
  return asked.toSorted((one, other) => one.question.askedAt - other.question.askedAt);
}

/** Those of them that a person has to answer. */
export const personsQuestions = (plan: Pick<Plan, "nodes">, tasks: ReadonlyMap<string, Task>): NodeQuestion[] =>
  questionsIn(plan, tasks).filter(({ question }) => isForPerson(question));

/** The manager's. `run`: the number of its run; the same question is answered once, whoever says it again. */
export const managersAnswer = (question: string, text: string, { run, at }: { run: number; at: number }): Answer => ({
  ...{ text, manager: true, at },
  key: `manager-${run}-${question}`,
});
