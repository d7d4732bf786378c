/**
 * Parks a run: it ends without an end of its task, which waits from then on. The workspace and the agent's session stay on this host,
 * the slot is free. Whoever takes the task up again here goes on where the agent was (`go-on.ts`).
 */
import type { Checkpoint } from "../../src/task/checkpoint.ts";
import { keys } from "../../src/task/keys.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Proposal } from "../../src/task/proposal.ts";
import type { WaitingReason } from "../../src/task/waiting.ts";
import { checkpointForParking } from "./checkpoint.ts";
import type { GoOnWith } from "./go-on-prompts.ts";
import { machineUse } from "./machine-use.ts";
import { type Run, type Shared, tell } from "./run.ts";

/** The longest time until somebody looks at a task that was parked, ms. */
const LOOK_MS = 15_000;

/**
 * `reasons`: what the task waits for, at least one. `goOnWith`: what its agent is asked then. `sameTurn`: the agent was stopped in the
 * middle of its turn, which is done once more. `proposal`: what a person is to decide about.
 */
export type Park = {
  reasons: WaitingReason[];
  goOnWith: GoOnWith;
  sameTurn?: boolean;
  lookAt?: number;
  proposal?: Proposal;
};

/** The outcome where the task is over instead: somebody had cancelled it. */
export async function park(shared: Shared, run: Run, parking: Park): Promise<"parked" | Outcome> {
  const { reasons, proposal, lookAt = Number.POSITIVE_INFINITY } = parking;
  run.folder.record.waitsUntil = Math.max(...reasons.map(({ until }) => until));
  // Before it is told: from then on the next run may begin, in the same workspace.
  const checkpoint = await checkpointForParking(shared, run);
  keepForLater(run, parking, checkpoint);
  const at = Date.now();
  const progress = { ...run.spoken.progress(), ...machineUse(run.folder.record) };
  const waits = await tell(shared, run, { name: "parked", reasons, progress, checkpoint, proposal, at });
  if (waits?.state.name === "settled") {
    forgetParking(run);
    return waits.state.outcome;
  }
  await planLook(shared, run, Math.min(lookAt, ...reasons.map(({ until }) => until), at + LOOK_MS));
  run.log.info({ reasons }, "the run is parked: its task waits");
  return "parked";
}

function keepForLater({ folder, spoken }: Run, { goOnWith, sameTurn }: Park, checkpoint: Checkpoint | undefined): void {
  const { record } = folder;
  const { sessionId } = spoken.progress();
  const used = sessionId === undefined ? undefined : spoken.usedBy(sessionId);
  record.left = checkpoint?.kind;
  record.paused = {
    workedMs: Date.now() - record.startedAt,
    goOnWith,
    ...(sameTurn !== undefined && { sameTurn }),
    ...(sessionId !== undefined && { sessionId }),
    ...(used && { used }),
  };
  folder.save();
}

function forgetParking({ folder }: Run): void {
  folder.record.paused = undefined;
  folder.record.waitsUntil = undefined;
  folder.save();
}

/** Without it the sweep finds the task, somewhat later. */
async function planLook({ store, redis }: Shared, run: Run, at: number): Promise<void> {
  const { id } = run.task.spec;
  const plan = async () => {
    await store.dispatches.plan(id, at);
    // What it waits for has happened already: nobody looks before the next sweep unless told.
    if (at <= Date.now()) await redis.publish(keys.ready, id);
  };
  await plan().catch((error: unknown) => run.log.warn({ err: error }, "when the task goes on is left to the sweep"));
}
