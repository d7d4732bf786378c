/** What has to hold of a team when all faults are over: each node is merged once or is named as missing, and nothing of it is still open. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Task } from "../../src/task/task.ts";
import type { Orch } from "../support/orch.ts";
import type { Asked } from "./asker.ts";
import type { Witness } from "./witness.ts";

/** Nothing of a task that is no team's. */
export async function wrongsOfTeam(orch: Orch, asked: Asked, task: Task, witness: Witness): Promise<string[]> {
  if (!task.spec.team || !task.proposal?.plan) return [];
  const { store } = orch;
  const [plan, tasks] = [await store.plans.read(task.spec.id), await readNodes(orch, task.spec.id)];
  const open = tasks.filter(({ state }) => state.name !== "settled");
  const merged = plan?.nodes.filter(({ state }) => state.name === "merged").map(({ id }) => id) ?? [];
  const published = nodesOf(orch, asked, task);
  const wanted = task.pushed ? merged : [];
  return [
    ...(plan?.state === "over" ? [] : [`its plan is ${plan?.state ?? "lost"}`]),
    ...open.map(({ spec, state }) => `its node's task ${spec.id} is ${state.name}`),
    ...(published.sort().join() === wanted.toSorted().join() ? [] : [`merged: ${wanted}; published: ${published}`]),
    ...tasks.flatMap(({ spec }) => witness.startedTwice(spec.id)),
  ];
}

async function readNodes({ store }: Orch, plan: string): Promise<Task[]> {
  return await store.readMany(await store.idsOfNodes(plan));
}

/** As the commits of its branch on GitHub name them. */
function nodesOf(orch: Orch, { place }: Asked, { pushed }: Task): string[] {
  if (!pushed) return [];
  const bare = join(orch.dir, "github/repositories", `${place.repository.id}.git`);
  const format = "--format=%(trailers:key=Orch-Node,valueonly,separator=%x2C)";
  const args = [`--git-dir=${bare}`, "log", format, `main..${pushed.branch}`];
  const told = execFileSync("git", args, { encoding: "utf8" });
  return told.split("\n").filter((line) => line !== "");
}
