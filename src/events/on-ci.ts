/**
 * The repository's CI has judged a commit: where that is what a task has published first, it is noted down beside the task, whether that is over
 * or not; where it is the newest of a pull request, beside that. GitHub tells every App with the permission of every other App's suites; ours say
 * nothing of the work.
 */
import type { CheckSuiteCompletedPayload } from "../ingress/payloads.ts";
import { taskOfBranch } from "../task/branch.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import { tasksOfPull } from "./pull-tasks.ts";

/** Conclusions that let people merge. */
const GOOD = new Set(["success", "neutral", "skipped"]);
/** Of a suite that nobody has let run, or that was run over: nothing is known by it. */
const NONE = new Set(["action_required", "stale", "cancelled"]);

export const onCheckSuiteCompleted =
  ({ store, appId }: { store: TaskStore; appId: number }) =>
  async ({ repository, check_suite: suite }: CheckSuiteCompletedPayload): Promise<void> => {
    const { id, head_sha: sha, head_branch: branch, conclusion, app, updated_at: at } = suite;
    if (app?.id === appId || conclusion == null || NONE.has(conclusion)) return;
    const said = { repositoryId: repository.id, sha, branch, suite: id, good: GOOD.has(conclusion), at };
    for (const { number, head } of suite.pull_requests) if (head.sha === sha) await noteOfPull(store, number, said);
    const task = await taskOn(store, said);
    if (task?.pushed?.sha !== sha) return;
    await store.noteCi(task.spec.id, said);
  };

type Said = Commit & { suite: number; good: boolean; at: number };

async function noteOfPull(store: TaskStore, number: number, { branch, ...said }: Said): Promise<void> {
  if (!(await store.notePullSuite({ ...said, number }))) return;
  const pull = { repositoryId: said.repositoryId, number, branch: branch ?? undefined };
  await store.tellOfPull(number, await tasksOfPull(store, pull));
}

type Commit = { repositoryId: number; sha: string; branch?: string | null | undefined };

/** By its check, which may not stand there yet, or by the name of its branch, which is not always its own. */
async function taskOn(store: TaskStore, { repositoryId, sha, branch }: Commit): Promise<Task | undefined> {
  const id = await store.checkedOn(repositoryId, sha);
  const task = id === undefined ? undefined : await store.read(id);
  if (task) return task.spec.repository.id === repositoryId ? task : undefined;
  return branch ? await taskOfBranch(store, repositoryId, branch) : undefined;
}
