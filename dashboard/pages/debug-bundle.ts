/**
 * `GET /tasks/:id/debug`: what `orch debug TASK` gathers, as far as a bot knows it: no worker host's own files, and nothing of what its doctor would say.
 * For whoever may write to the repository, who sees all of it elsewhere; which settings there are only operators are told.
 */
import type { Env } from "../../src/config.ts";
import { bundleOf } from "../../src/debug/bundle.ts";
import { gatherTask, latestRuns, settingsIn } from "../../src/debug/gather-task.ts";
import { secretsOf } from "../../src/debug/secrets-of.ts";
import { MAX_PIECE } from "../../src/task/output.ts";
import { isTaskId } from "../../src/task/task-id.ts";
import { VERSION } from "../../src/task/version.ts";
import { visibleText } from "../../src/text/clean.ts";
import type { DashboardDeps } from "../deps.ts";
import { outputOf } from "../output/output.ts";
import { tierOf } from "../rows/drawing.ts";
import type { Answer, DashboardRoute, Visit } from "../visit.ts";

export const debugRoutes = (deps: DashboardDeps, env: Env = process.env): DashboardRoute[] => [
  { method: "GET", path: "/tasks/:id/debug", answer: async (visit) => await debugBundle(deps, env, visit) },
];

async function debugBundle(deps: DashboardDeps, env: Env, { params, rights, now }: Visit): Promise<Answer> {
  const { id = "" } = params;
  const task = isTaskId(id) ? await deps.store.read(id) : undefined;
  if (!task || (await tierOf(rights, task.spec)) !== "write") return { kind: "nothing" };
  const gathered = await gatherTask(deps, task);
  if (rights.isOperator) gathered.set("settings.json", settingsIn(env));
  for (const run of latestRuns(task)) {
    const printed = await outputOf(deps).read(task, { run, bytes: MAX_PIECE });
    gathered.set(`run-${run}/output.txt`, typeof printed === "string" ? `${printed}\n` : visibleText(printed.text));
  }
  const about = {
    orch: VERSION,
    of: "a bot: `orch debug` on the worker host has its files and its doctor's findings besides",
  };
  const { name, tar } = await bundleOf(gathered, { task: id, secrets: secretsOf(env), about, at: now });
  const headers = { "content-disposition": `attachment; filename="${name}.tar.gz"` };
  return { kind: "bytes", type: "application/gzip", body: tar, headers };
}
