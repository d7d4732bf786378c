/**
 * What the agent of a run may do, whatever it is told: whether it may change anything in its workspace, and whether it may hand work to
 * others. A task that is to propose first may change nothing until that is approved; else its role says. Decided when a run begins or goes
 * on, and noted down, so that the host's next life gives no more.
 */
import { Refusal } from "../../src/refusal.ts";
import { mayChange } from "../../src/task/proposal.ts";
import type { Task } from "../../src/task/task.ts";
import type { Subagents } from "../agents/adapter.ts";
import type { Roles } from "../roles/role.ts";
import type { Mount, SandboxDriver } from "../sandbox/sandbox.ts";
import { pathsOf, type Workspace } from "../workspace/workspace.ts";
import type { RunRecord } from "./run-record.ts";

export type Rights = NonNullable<RunRecord["rights"]>;

/**
 * A role that is not known here gives no rights: such a run is refused before its agent. Nobody who works on a node hands work on: only
 * whoever manages the team does.
 */
export function rightsOf(task: Pick<Task, "spec" | "proposal">, roles: Roles): Rights {
  const { role: name, team, node } = task.spec;
  const role = name === undefined ? { writes: true, delegates: false } : roles.get(name);
  const readOnly = !mayChange(task) || role?.writes !== true;
  return { readOnly, delegates: readOnly && node === undefined && (team === true || role?.delegates === true) };
}

/** No agent starts an agent that a plan has not: whoever works on a node gets no helpers of its program's own either. */
export const subagentsOf = ({ task }: { task: Pick<Task, "spec"> }): Subagents =>
  task.spec.node === undefined ? "few" : "none";

type Recorded = { folder: { record: Pick<RunRecord, "rights" | "plan"> } };

/** Whether its agent may change nothing. Runs of before have no rights noted down, but their plan. */
export const isReadOnly = ({ folder: { record } }: Recorded): boolean =>
  record.rights?.readOnly ?? record.plan?.readOnly ?? false;

type Asked = Recorded & { task: { spec: Pick<Task["spec"], "team" | "plan"> } };

/** @throws Refusal where nothing would keep the agent from changing things */
export function refuseUnconfined({ driver }: { driver: Pick<SandboxDriver, "name"> }, run: Asked): void {
  if (!isReadOnly(run) || driver.name !== "none") return;
  if (run.task.spec.team)
    throw new Refusal(
      "A team's plan needs a sandbox that shows the repository read-only, and this worker host runs agents without one (`sandbox: none`). Ask without `team`, or have its operator turn the sandbox on.",
    );
  if (run.task.spec.plan)
    throw new Refusal(
      "A proposal needs a sandbox that shows the repository read-only, and this worker host runs agents without one (`sandbox: none`). Ask without `plan`, or have its operator turn the sandbox on.",
    );
  throw new Refusal(
    "An agent that only reads needs a sandbox that shows the repository read-only, and this worker host runs agents without one (`sandbox: none`). Have its operator turn the sandbox on.",
  );
}

/** The mounts of a workspace as an agent sees them that may change nothing in it. */
export function readOnlyMounts(mounts: readonly Mount[], { dir, inside }: Workspace): Mount[] {
  const own = pathsOf(dir);
  const writable = [inside.homeDir, inside.tmpDir];
  const target = (mount: Mount) => mount.target ?? mount.source;
  const shown = mounts.map((mount) => (writable.includes(target(mount)) ? mount : { ...mount, writable: false }));
  const scratch = (["homeDir", "tmpDir"] as const)
    .filter((part) => !mounts.some((mount) => target(mount) === inside[part]))
    .map((part) => ({ source: own[part], target: inside[part], writable: true }));
  return [...shown, ...scratch];
}
