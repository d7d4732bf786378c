/** What a step may see and who it is: the one place where a run's mounts and environment are put together, from empty. */
import { PROXY_VARIABLES } from "../../network/bridge.ts";
import { SEARCH_PATH } from "../../sandbox/find-program.ts";
import type { Confinement } from "../../sandbox/sandbox.ts";
import { workspaceMounts } from "../../workspace/workspace.ts";
import type { Place } from "../ground.ts";
import type { Run, Shared } from "../run.ts";

/**
 * The whole environment of a step. `added`: what the agent's definition gives; it may replace PATH, never HOME, nor the
 * proxy, as nothing else leads out.
 */
export function stepEnvironment(
  { network }: Pick<Shared, "network">,
  run: Run,
  ground: Place,
  added: Record<string, string>,
): Record<string, string> {
  return {
    // The verify command runs with the same tools as the agent, without its keys.
    PATH: ground.path ?? SEARCH_PATH,
    LANG: "C.UTF-8",
    TERM: "dumb",
    ...added,
    ...(network && PROXY_VARIABLES),
    HOME: ground.workspace.inside.homeDir,
    TMPDIR: ground.workspace.inside.tmpDir,
    ORCH_TASK: run.task.spec.id,
    // Marks every process of the run, so that none outlives it where there is no namespace to end.
    ORCH_RUN: run.task.spec.id,
  };
}

/** Without a network: a step is given its outlet besides, the host's own programs in a workspace need none. */
export function confinementOf(run: Run, ground: Place, env?: Record<string, string>): Confinement {
  const { workspace, mirror, agent } = ground;
  const readable = agent.readable.map((source) => ({ source }));
  return {
    user: run.user,
    cwd: workspace.inside.treeDir,
    env: env ?? stepEnvironment({ network: undefined }, run, ground, {}),
    mounts: [...readable, ...workspaceMounts(workspace, mirror)],
  };
}
