/** Calls for the answer to an agent's question: one comment for each question, which mentions whoever asked for the work. */
import { openQuestions } from "../task/question.ts";
import type { Task } from "../task/task.ts";
import { callForAnswer } from "../words/question-words.ts";
import { makeMarker } from "./marker.ts";
import { create, findOrCreate, threadOf } from "./own-comment.ts";
import type { ShowDeps, Showing } from "./showing.ts";

/** A team's task calls for its nodes as well, which say nothing by themselves. */
const asked = (tasks: readonly Task[]) =>
  tasks.flatMap((asking) => openQuestions(asking).map((question) => ({ asking, question })));

/** In whatever order reports die and are repeated, there is one comment: what somebody has begun is looked for. */
export async function showQuestions(deps: ShowDeps, { task, hints, around, look }: Showing): Promise<undefined> {
  const { spec } = task;
  for (const { asking, question } of asked([task, ...(around.team?.tasks ?? [])])) {
    if (hints.called?.includes(question.id)) continue;
    const marker = makeMarker(deps.secret, "question", `${asking.spec.id} ${question.id}`);
    const own = { thread: threadOf(spec), marker, since: spec.requestedAt };
    const mark = `question ${question.id}`;
    const mayExist = look || hints.tried?.includes(mark);
    if (!mayExist) {
      hints.tried = [...(hints.tried ?? []), mark];
      await deps.store.remember(spec.id, hints);
    }
    const body = callForAnswer(asking, question);
    if (mayExist) await findOrCreate(deps.github, own, body);
    else await create(await deps.github.forInstallation(spec.installationId), own, body);
    hints.called = [...(hints.called ?? []), question.id];
    await deps.store.remember(spec.id, hints);
  }
}
