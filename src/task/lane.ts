/**
 * Lanes: the queues through which jobs go to hosts. From an agent's lane every host takes that has the agent. A host's own lane
 * is for tasks that have their home there; no other host takes from it. So only the wait for the home is in a host's own
 * lane: a host that takes a job from it carries it over into the agent's lane before the run begins. There the others see to
 * it when the host dies. Only what no other host could go on with, as the nodes of a plan, stays where it is.
 *
 * No lane at all is the queue of before: what an older Orch has begun is in it, and all hosts take from it.
 */
import { z } from "zod";

/**
 * The agent's lane, or with `host` that host's own, where a task for the agent waits for its home. `only`: it is worked on there or
 * nowhere, and so its job stays in that lane: what it builds on is on that host alone.
 */
export type Lane = { agent: string; host?: string; only?: true };

export const laneShape = z.looseObject({
  agent: z.string(),
  host: z.string().optional(),
  only: z.literal(true).optional(),
});

/** Of the queue that older programs know. */
export const OLD_QUEUE = "orch";

/** The lane's queue in BullMQ. Agents' names and hosts' ids have no colon, which BullMQ would not take. */
export function laneName(lane: Lane | undefined): string {
  if (!lane) return OLD_QUEUE;
  return lane.host === undefined ? `orch-agent-${lane.agent}` : hostLaneName(lane.host);
}

export const hostLaneName = (host: string): string => `orch-host-${host}`;

/** Where the job of a run is whose task waited in this lane. */
export function runLane(lane: Lane | undefined): Lane | undefined {
  return lane?.only ? lane : lane && { agent: lane.agent };
}

export function isSameLane(one: Lane | undefined, other: Lane | undefined): boolean {
  return one?.agent === other?.agent && one?.host === other?.host;
}
