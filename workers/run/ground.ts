/** What the steps of a run stand on: the workspace and its mirror, the agent, and what was decided about the work. */
import { join } from "node:path";
import type { Resources } from "../../src/settings/resources.ts";
import type { AgentDefinition } from "../agents/adapter.ts";
import { definedEnv } from "../agents/environment.ts";
import type { HeldStep } from "../tmux/sessions.ts";
import type { Mirror } from "../workspace/mirror.ts";
import { findWorkspace, type Workspace } from "../workspace/workspace.ts";
import { mirrorOf } from "./node/plan-of-node.ts";
import { resourcesOf, withModelOfTask } from "./role.ts";
import type { Run, Shared } from "./run.ts";
import type { Prepared, Resumed } from "./run-record.ts";

/**
 * Where a step runs. `path`: where programs are looked for, if the agent's definition says so. `sessionId`: the UUID that
 * the agent's session is started with.
 */
export type Place = {
  mirror: Mirror;
  workspace: Workspace;
  agent: AgentDefinition;
  path: string | undefined;
  sessionId: string;
  /** The session of an earlier task that the agent goes on with instead. */
  resumed?: Resumed | undefined;
  /** What its programs may use of the machine. */
  resources: Resources;
};

/** `held`: the agent's first step, which waits to be let go. */
export type Ground = Place & { prepared: Prepared; held?: HeldStep | undefined };

/** The file with what the agent is asked; of its first round. */
export const promptPath = (run: Run): string => join(run.folder.dir, "prompt.md");

/** The ground of a run that an earlier life of this host prepared. */
export function preparedGround(shared: Shared, run: Run, prepared: Prepared): Ground {
  const mirror = mirrorOf(shared, run, prepared.repositoryId);
  const defined = shared.operator.agents.get(prepared.agent);
  if (!defined)
    throw new Error(`The agent ${prepared.agent} was taken out of this worker host's file while it worked.`);
  const agent = withModelOfTask(shared.operator, run.task, defined);
  const { dataDir, driver } = shared;
  const where = { dataDir, taskId: run.task.spec.id, user: run.user, seenAt: driver.workspaceAt };
  const workspace = findWorkspace(where);
  if (!workspace)
    throw new Error("This run's workspace is gone, or is another user's since the worker host was started anew.");
  const path = definedEnv(agent, shared.env).PATH;
  const { sessionId, resumed } = prepared;
  const resources = resourcesOf(shared.operator, run.task.spec, agent, prepared.limits);
  return { prepared, mirror, workspace, agent, path, sessionId, resumed, resources };
}
