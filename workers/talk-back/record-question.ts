/**
 * Brings what an agent asks, or what keeps it from going on, into its task's record, and calls the manager of its team where that is to
 * answer. The same words are the same question, however often they are said.
 */
import { matterOf, withMatter } from "../../src/task/plan-questions.ts";
import {
  isForPerson,
  MAX_OPEN_QUESTIONS,
  MAX_QUESTIONS,
  openQuestions,
  type Question,
  questionOf,
} from "../../src/task/question.ts";
import type { Run, Shared } from "../run/run.ts";
import { Refused } from "./tool.ts";

const NOT_NOW = "Your question cannot be asked right now. Go on without the answer, or ask again later.";

export type Asked = Pick<Question, "id" | "text" | "options" | "blocker" | "resolver">;

export async function recordQuestion(shared: Shared, run: Run, asked: Asked): Promise<void> {
  const { epoch } = run.folder.record;
  const task = await shared.store.read(run.task.spec.id).catch(() => undefined);
  if (!task) throw new Refused(NOT_NOW);
  if (questionOf(task, asked.id)) return;
  if (openQuestions(task).length >= MAX_OPEN_QUESTIONS)
    throw new Refused(
      `You have ${MAX_OPEN_QUESTIONS} questions that nobody has answered yet. Wait for an answer (\`wait\`), or end your turn.`,
    );
  if ((task.questions ?? []).length >= MAX_QUESTIONS)
    throw new Refused(`You have asked ${MAX_QUESTIONS} questions, and more is not possible. Decide yourself.`);
  const at = Date.now();
  const question: Question = { ...asked, epoch, askedAt: at };
  const recorded = await shared.store
    .advance(run.task.spec.id, { name: "asked", epoch, question, at })
    .catch((error: unknown) => void run.log.warn({ err: error }, "a question of the agent could not be recorded"));
  if (!recorded) throw new Refused(NOT_NOW);
  const { id, blocker, resolver } = asked;
  run.log.info({ question: id, blocker: blocker?.kind, resolver }, "the agent asks a question");
  await callManager(shared, run, question);
}

/** Whoever dies before leaves it to the dispatcher, which looks at what its task waits for. */
async function callManager({ store }: Shared, run: Run, question: Question): Promise<void> {
  const { node, id: task } = run.task.spec;
  if (!node || isForPerson(question)) return;
  const matter = matterOf({ node: node.id, task }, question, question.askedAt);
  await store.plans
    .change(node.plan, (plan) => withMatter(plan, matter), question.askedAt)
    .catch((error: unknown) => run.log.warn({ err: error }, "the call of the manager is left to the dispatcher"));
}
