/** Who works on a run's task, and how confined: what people are shown of that. */
import type { Progress } from "../../src/task/progress.ts";
import { programVersion } from "../agents/program-version.ts";
import type { Ground } from "./ground.ts";
import { startOf } from "./hand-over.ts";
import { machineUse } from "./machine-use.ts";
import type { Run, Shared } from "./run.ts";
import { heldOf } from "./step/step-limits.ts";
import { networkUse, policyOf } from "./step/step-outlet.ts";
import { worked } from "./step/worked.ts";

/** After a restart the host may confine it in another way. */
export function whoWorks(shared: Shared, run: Run, ground: Ground): Progress {
  const { agent } = ground;
  const policy = policyOf(shared, ground, { step: "agent", listed: ground.prepared.listed });
  const network = networkUse(run.folder) ?? (policy && { egress: policy.egress, blocked: 0, places: [] });
  const start = startOf(run, ground);
  const workedMs = worked(run.folder.record);
  return {
    agent: agent.name,
    model: agent.model,
    agentVersion: programVersion(agent, ground.path),
    sandbox: shared.driver.name,
    start,
    workedMs,
    inForce: heldOf(shared, run, ground),
    ...machineUse(run.folder.record),
    ...(network && { network }),
  };
}
