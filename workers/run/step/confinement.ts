/** What a step may see and who it is: the one place where a run's mounts and environment are put together, from empty. */
import { SEARCH_PATH } from "../../sandbox/find-program.ts";
import type { Confinement } from "../../sandbox/sandbox.ts";
import { workspaceMounts } from "../../workspace/workspace.ts";
import { homeOf, type Place, tmpOf } from "../ground.ts";
import type { Run } from "../run.ts";

/** The whole environment of a step. `added`: what the agent's definition gives; it may replace PATH, never HOME. */
export function stepEnvironment(run: Run, ground: Place, added: Record<string, string>): Record<string, string> {
  return {
    // The verify command runs with the same tools as the agent, without its keys.
    PATH: ground.path ?? SEARCH_PATH,
    LANG: "C.UTF-8",
    TERM: "dumb",
    ...added,
    HOME: homeOf(ground.workspace),
    TMPDIR: tmpOf(ground.workspace),
    ORCH_TASK: run.task.spec.id,
    // Marks every process of the run, so that none outlives it where there is no namespace to end.
    ORCH_RUN: run.task.spec.id,
  };
}

export function confinementOf(run: Run, ground: Place, env?: Record<string, string>): Confinement {
  const { workspace, mirror, agent } = ground;
  const readable = agent.readable.map((source) => ({ source }));
  return {
    user: run.user,
    cwd: workspace.treeDir,
    env: env ?? stepEnvironment(run, ground, {}),
    mounts: [...readable, ...workspaceMounts(workspace, mirror)],
  };
}
