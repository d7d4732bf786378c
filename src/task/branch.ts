/**
 * What a task's branches are called: the one it starts from, the one its commits go to, and the one for when that cannot be
 * had. A branch for a task alone is `orch/<number>-<few words>-<short id>`: its number says under which issue or pull request
 * the task was asked for (`task` stands there for none), its short id, with which the task's id begins, which of the tasks
 * there it is.
 */
import { isOwnPlace, ownPlaceOf } from "./own-place.ts";
import { slugOf } from "./subject.ts";
import type { Task } from "./task.ts";
import type { TaskSpec } from "./task-spec.ts";

/** What all names of branches of ours begin with. While there is a branch `orch`, git can have none of them. */
export const BRANCH_ROOT = "orch";

/** In place of a number, in the branch of a task under no issue. */
const UNDER_NONE = "task";

/** Two tasks of one issue share one in a billion; the second one would go to its other branch. */
const SHORT_ID = 8;
export const shortId = (id: string): string => id.slice(0, SHORT_ID);

/** A branch for this task alone. */
function ownBranchOf(spec: TaskSpec): string {
  const words = slugOf(spec);
  const under = isOwnPlace(spec.number) ? UNDER_NONE : spec.number;
  return `${BRANCH_ROOT}/${under}-${words === "" ? "" : `${words}-`}${shortId(spec.id)}`;
}

/** With the whole id, as branches were called before, or the short one. */
const OURS = /^orch\/(\d{1,15}|task)-(?:[a-z0-9]+-)*?(t[a-z2-7]{7}|t[a-z2-7]{15})(?:-2)?$/;

/** How it is called where it is looked for. */
export type NamedTask = { number: number; idBegins: string };

/** What the name of a branch says of the task whose own it is; undefined when the branch is none of ours. */
export function taskNamedBy(branch: string): NamedTask | undefined {
  const [, number, idBegins] = OURS.exec(branch) ?? [];
  if (number === undefined || idBegins === undefined) return undefined;
  return { number: number === UNDER_NONE ? ownPlaceOf(idBegins) : Number(number), idBegins };
}

type Store = {
  idsOfIssue(repositoryId: number, number: number): Promise<string[]>;
  readMany(ids: readonly string[]): Promise<Task[]>;
};

/** The task whose own branch this is, or undefined when the branch is none of ours. */
export async function taskOfBranch(store: Store, repositoryId: number, branch: string): Promise<Task | undefined> {
  const named = taskNamedBy(branch);
  if (!named) return undefined;
  const ids = (await store.idsOfIssue(repositoryId, named.number)).filter((id) => id.startsWith(named.idBegins));
  const [task] = await store.readMany(ids.slice(0, 1));
  return task?.spec.repository.id === repositoryId ? task : undefined;
}

/** The branch that a task's commits go to. */
export function branchOf(spec: TaskSpec): string {
  return spec.target.kind === "pull" ? spec.target.headRef : ownBranchOf(spec);
}

/** Number of the pull request on whose branch it works; undefined where it has a branch of its own. */
export const pullNumberOf = ({ target, number }: TaskSpec): number | undefined =>
  target.kind === "pull" ? (target.number ?? number) : undefined;

/** The branch that they go to when that one cannot be had. */
export function spareBranchOf(spec: TaskSpec): string {
  return spec.target.kind === "pull" ? ownBranchOf(spec) : `${ownBranchOf(spec)}-2`;
}

/** For a person, when git has no room for a branch because of the name of another one. */
export function branchInTheWay(branch: string): string {
  const root = branch.startsWith(`${BRANCH_ROOT}/`) ? `\`${BRANCH_ROOT}\`` : "of a shorter name";
  return `The repository has a branch ${root}, and git cannot have \`${branch}\` beside it. Rename or delete that branch, then ask again.`;
}

/** The branch that a run starts from. */
export function startRefOf({ target }: TaskSpec): string {
  return target.kind === "pull" ? target.headRef : (target.base ?? target.defaultBranch);
}

/** The branch that its work is to be merged into. */
export function baseOf({ target }: TaskSpec): string {
  return target.kind === "pull" ? target.baseRef : (target.base ?? target.defaultBranch);
}

/** The branches that a run takes from GitHub, each once: bot and worker host must mean the same ones. */
export function startBranchesOf(spec: TaskSpec): string[] {
  return [...new Set([...neededBranchesOf(spec), baseOf(spec)])];
}

/** Those without which it cannot begin. */
export function neededBranchesOf(spec: TaskSpec): string[] {
  return [...new Set([spec.target.defaultBranch, startRefOf(spec)])];
}
