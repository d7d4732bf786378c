/**
 * What a limit of the agent's model provider makes of a run: it ends without an end of its task. The record says when it goes on, the
 * workspace and the agent's session stay on this host, and the slot is free. Whoever takes the task up again here goes on where the
 * agent stopped (`go-on.ts`). An account that refuses for good ends the task; others do not try it meanwhile.
 */
import { type Account, answered, refuse } from "../../src/task/breaker.ts";
import { limitReason } from "../../src/task/waiting.ts";
import { accountOf } from "../agents/account.ts";
import type { AgentDefinition, Failure } from "../agents/adapter.ts";
import type { ErrorReason } from "../agents/event.ts";
import type { Ground } from "./ground.ts";
import { type Run, type Shared, tell } from "./run.ts";
import type { Worked } from "./work.ts";

/** These pass by themselves. */
const LIMITS: readonly ErrorReason[] = ["rate_limit", "usage_limit"];
/** And these when somebody has done something. */
const REFUSALS: readonly ErrorReason[] = ["auth", "credit"];

/** A limit that would hold a task up beyond this time after it was asked for ends it, ms. */
const WAITS_AT_MOST_MS = 8 * 24 * 3600_000;

export const accountFor = ({ env }: Pick<Shared, "env">, agent: AgentDefinition): Account => ({
  agent: agent.name,
  account: accountOf(agent, env),
});

/** True when the task waits from now on. */
export async function waitForLimit(shared: Shared, run: Run, ground: Ground, worked: Worked): Promise<boolean> {
  const { verdict, missed } = worked;
  if (verdict.ok) await tellWorked(shared, run, ground);
  if (verdict.ok || missed || ![...LIMITS, ...REFUSALS].includes(verdict.reason)) return false;
  const now = Date.now();
  const at = await tellAccount(shared, run, ground, verdict);
  if (!LIMITS.includes(verdict.reason) || at > run.task.spec.acceptedAt + WAITS_AT_MOST_MS) return false;
  keepForLater(run);
  const { name: agent } = ground.agent;
  const reason = limitReason({ agent, why: verdict.reason, since: now, at, host: shared.hostId }, now);
  await tell(shared, run, { name: "limited", reason, progress: run.spoken.progress(), at: now });
  await planLook(shared, run, at);
  run.log.info({ why: verdict.reason, at }, "the agent's account takes no requests for now: the task waits");
  return true;
}

/** Also by a command that only its exit code speaks for. */
async function tellWorked(shared: Shared, run: Run, { agent }: Ground): Promise<void> {
  const { startedAt, steps } = run.folder.record;
  const since = steps.findLast(({ kind }) => kind === "agent")?.startedAt ?? startedAt;
  await answered(shared.redis, accountFor(shared, agent), { task: run.task.spec.id, since }).catch((error: unknown) =>
    run.log.debug({ err: error }, "others are not told that the agent's account takes requests"),
  );
}

/** The model has answered: whoever waits for the account may go on. Any command may print anything, so that of `plain` says nothing. */
export function tellAnswered(shared: Shared, run: Run, { agent }: Ground, since: number): void {
  if (agent.kind === "plain") return;
  answered(shared.redis, accountFor(shared, agent), { task: run.task.spec.id, since }).catch((error: unknown) =>
    run.log.debug({ err: error }, "others are not told that the agent's account takes requests"),
  );
}

/** When to try again, Unix ms. */
async function tellAccount(shared: Shared, run: Run, { agent }: Ground, { reason, until }: Failure): Promise<number> {
  const now = Date.now();
  try {
    return await refuse(shared.redis, accountFor(shared, agent), { why: reason, until, now });
  } catch (error) {
    run.log.warn({ err: error }, "others are not told that the agent's account takes no requests");
    return until ?? now + 60_000;
  }
}

/** Without it the sweep finds the task, somewhat later. */
async function planLook({ store }: Shared, run: Run, at: number): Promise<void> {
  await store.dispatches
    .plan(run.task.spec.id, Math.min(at, Date.now() + 15_000))
    .catch((error: unknown) => run.log.warn({ err: error }, "when the task goes on is left to the sweep"));
}

/** What is counted once is not counted again when the run is taken up. */
function keepForLater(run: Run): void {
  const { folder, spoken } = run;
  const { record } = folder;
  const { sessionId } = spoken.progress();
  const used = sessionId === undefined ? undefined : spoken.usedBy(sessionId);
  for (const step of record.steps) step.counted = true;
  record.paused = {
    workedMs: Date.now() - record.startedAt,
    ...(sessionId !== undefined && { sessionId }),
    ...(used && { used }),
  };
  folder.save();
}
