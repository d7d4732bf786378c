/** Calls for the answer to an agent's question: one comment for each question, which mentions whoever asked for the work. */

import { currentTry } from "../task/plan.ts";
import { personsQuestions } from "../task/plan-questions.ts";
import { isForPerson, openQuestions, type Question } from "../task/question.ts";
import type { Task } from "../task/task.ts";
import { callForAnswer } from "../words/question-words.ts";
import { makeMarker } from "./marker.ts";
import { create, findOrCreate, threadOf } from "./own-comment.ts";
import type { ShowDeps, Showing } from "./showing.ts";

/** `asker`: the task whose agent asks. `node`: of the team's plan, where it is one of these. */
type Due = { asker: string; question: Question; node?: string };

/** In whatever order reports die and are repeated, there is one comment: what somebody has begun is looked for. */
export async function showQuestions(deps: ShowDeps, { task, hints, look }: Showing): Promise<undefined> {
  const { spec } = task;
  const due = (await askedIn(deps, task)).filter(({ question }) => !hints.called?.includes(question.id));
  for (const { asker, question, node } of due) {
    const marker = makeMarker(deps.secret, "question", `${asker} ${question.id}`);
    const own = { thread: threadOf(spec), marker, since: spec.requestedAt };
    const mark = `question ${question.id}`;
    const mayExist = look || hints.tried?.includes(mark);
    if (!mayExist) {
      hints.tried = [...(hints.tried ?? []), mark];
      await deps.store.remember(spec.id, hints);
    }
    const body = callForAnswer(task, question, node);
    if (mayExist) await findOrCreate(deps.github, own, body);
    else await create(await deps.github.forInstallation(spec.installationId), own, body);
    hints.called = [...(hints.called ?? []), question.id];
    await deps.store.remember(spec.id, hints);
  }
}

/** What a person has to answer. Nodes of a plan speak through their team's task. */
async function askedIn({ store }: ShowDeps, task: Task): Promise<Due[]> {
  const { spec } = task;
  const own = openQuestions(task)
    .filter(isForPerson)
    .map((question) => ({ asker: spec.id, question }));
  if (!spec.team || task.state.name === "settled") return own;
  const plan = await store.plans.read(spec.id);
  if (!plan) return own;
  const tries = await store.readMany(plan.nodes.flatMap((node) => currentTry(node)?.task ?? []));
  const asked = personsQuestions(plan, new Map(tries.map((each) => [each.spec.id, each])));
  return [...own, ...asked.map((each) => ({ asker: each.task.spec.id, question: each.question, node: each.node.id }))];
}
