/**
 * Ends what still runs of a run between and after its steps: a step ends with all that it started, but the host itself
 * starts programs for the run too, and some (git's filters, say) run what the agent left for them.
 */
import { endMarked } from "../sandbox/processes.ts";
import type { Run } from "./run.ts";

/** @throws when something does not end */
export const endLeftovers = (run: Run): Promise<void> => endMarked({ run: run.task.spec.id, uid: run.user.uid });
