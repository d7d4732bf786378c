/**
 * What a node's agent asks the manager of its team is looked at as long as its task waits for the answer: the manager is called for it, should
 * whoever asked have died before, and what it leaves without an answer becomes a person's to answer.
 */
import { matterOf, nextFor, withMatter } from "../task/plan-questions.ts";
import type { PlanStore } from "../task/plans.ts";
import { isForPerson, openQuestions } from "../task/question.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";

type Deps = { store: Pick<TaskStore, "advance">; plans: Pick<PlanStore, "read" | "change">; now: () => number };

/** Whether the record has changed by that. */
export async function referUp({ store, plans, now }: Deps, task: Task): Promise<boolean> {
  const { node, id } = task.spec;
  const asked = openQuestions(task).filter((question) => !isForPerson(question));
  const plan = node && asked.length > 0 ? await plans.read(node.plan) : undefined;
  if (!node || !plan) return false;
  let changed = false;
  for (const question of asked) {
    const at = now();
    const next = nextFor(plan, id, question, at);
    if (next === "call")
      await plans.change(
        node.plan,
        (each) => withMatter(each, matterOf({ node: node.id, task: id }, question, at)),
        at,
      );
    if (next === "refer")
      changed = (await store.advance(id, { name: "referred", question: question.id, at })) !== undefined || changed;
  }
  return changed;
}
