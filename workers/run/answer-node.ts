/** The manager of a team answers what the agent of a node asks, or says what is to be done about what keeps it from going on. */
import { keys } from "../../src/task/keys.ts";
import { currentTry } from "../../src/task/plan.ts";
import { managersAnswer, questionsIn } from "../../src/task/plan-questions.ts";
import { MAX_ANSWER } from "../../src/task/question.ts";
import { keepStart } from "../../src/text/bound.ts";
import type { Run, Shared } from "./run.ts";

/** `unknown`: no node asks that, or it is answered. The same again finds that out as well, and changes nothing. */
export type NodeAnswered = { kind: "answered"; node: string } | { kind: "unknown"; open: string[] };

/** Throws when Redis is away. */
export async function answerNode(
  { store, redis }: Shared,
  run: Run,
  { question, text }: { question: string; text: string },
): Promise<NodeAnswered> {
  const plan = await store.plans.read(run.task.spec.id);
  const tries = plan?.nodes.flatMap((node) => currentTry(node)?.task ?? []) ?? [];
  const tasks = new Map((await store.readMany(tries)).map((task) => [task.spec.id, task]));
  const open = plan ? questionsIn(plan, tasks) : [];
  const meant = open.find((each) => each.question.id === question);
  if (!meant) return { kind: "unknown", open: open.map((each) => each.question.id) };
  const { id } = meant.task.spec;
  const at = Date.now();
  const answer = managersAnswer(question, keepStart(text, MAX_ANSWER), { run: run.folder.record.epoch, at });
  const made = await store.advance(id, { name: "answered", question, answer, at });
  if (!made) return { kind: "unknown", open: [] };
  await store.dispatches.plan(id, at);
  await redis.publish(keys.ready, id);
  run.log.info({ question, node: meant.node.id }, "the manager answers a node");
  return { kind: "answered", node: meant.node.id };
}
