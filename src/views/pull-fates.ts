/** What GitHub has told of the pull requests of tasks: whether they are closed, and what CI says of their newest commits. */
import type { Redis } from "ioredis";
import { type Ci, type Closed, readCi, readClosed } from "../task/history-news.ts";
import { type PullChecks, pullOf, readPullChecks } from "../task/pull-checks.ts";
import type { Task } from "../task/task.ts";

/** `said`: none where no check suite of that commit has ended yet, as far as is known. */
export type CiView = { said?: "green" | "red" };

/** `closed`: what became of what the task has published. */
export type PullFate = { closed?: Closed; ci?: CiView };

/** By the tasks' ids, of those that have a pull request. */
export async function readPullFates(redis: Redis, tasks: readonly Task[]): Promise<Map<string, PullFate>> {
  const fates = tasks.map(async (task) => [task.spec.id, await readPullFate(redis, task)] as const);
  return new Map((await Promise.all(fates)).filter((each): each is [string, PullFate] => each[1] !== undefined));
}

/** Undefined where there is no pull request. */
export async function readPullFate(redis: Redis, task: Task): Promise<PullFate | undefined> {
  const number = pullOf(task);
  if (number === undefined) return undefined;
  const { id, repository } = task.spec;
  const [closed, ofFirst, checks] = await Promise.all([
    readClosed(redis, id),
    readCi(redis, id),
    readPullChecks(redis, repository.id, number),
  ]);
  return { ...(closed && { closed }), ci: ciView(task, checks, ofFirst) };
}

/**
 * A commit may be judged before its pull request is there: what is known of the task's own first commit counts as long as there is no other.
 * Of a commit that was published and of which GitHub has told nothing yet, nothing is known.
 */
export function ciView({ pushed, state }: Task, checks: PullChecks | undefined, ofFirst: Ci | undefined): CiView {
  const sha = state.name === "settled" ? (checks?.sha ?? pushed?.sha) : (pushed?.sha ?? checks?.sha);
  const ofTask = ofFirst !== undefined && ofFirst.sha === sha ? ofFirst.suites : {};
  const ofPull = checks !== undefined && checks.sha === sha ? checks.suites : {};
  const good = Object.entries(ofPull).map(([suite, { good }]) => [suite, good] as const);
  const all = Object.values({ ...ofTask, ...Object.fromEntries(good) });
  if (all.length === 0) return {};
  return { said: all.every(Boolean) ? "green" : "red" };
}
