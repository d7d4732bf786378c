/**
 * What a limit of the agent's model provider makes of a run: it is parked (`park.ts`), and its task goes on when the limit is over. An
 * account that refuses for good ends the task; others do not try it meanwhile.
 */
import { type Account, answered, refuse } from "../../src/task/breaker.ts";
import type { Task } from "../../src/task/task.ts";
import { limitReason } from "../../src/task/waiting.ts";
import { accountOf } from "../agents/account.ts";
import type { AgentDefinition, Failure } from "../agents/adapter.ts";
import type { ErrorReason } from "../agents/event.ts";
import type { Ground } from "./ground.ts";
import type { Park } from "./park.ts";
import type { Run, Shared } from "./run.ts";
import { untilRedisAnswers } from "./until-redis-answers.ts";
import type { Worked } from "./work.ts";

/** These pass by themselves. */
const LIMITS: readonly ErrorReason[] = ["rate_limit", "usage_limit"];
/** And these when somebody has done something. */
const REFUSALS: readonly ErrorReason[] = ["auth", "credit"];

/** A limit that would hold a task up beyond this time after a person's last word about it ends it, ms. */
const WAITS_AT_MOST_MS = 8 * 24 * 3600_000;

export const accountFor = ({ env }: Pick<Shared, "env">, agent: AgentDefinition): Account => ({
  agent: agent.name,
  account: accountOf(agent, env),
});

/** Undefined when nothing of that kind keeps the task from its end. */
export async function parkForLimit(
  shared: Shared,
  run: Run,
  ground: Ground,
  worked: Worked,
): Promise<Park | undefined> {
  const { verdict, missed } = worked;
  if (verdict.ok) await tellWorked(shared, run, ground);
  if (verdict.ok || missed || ![...LIMITS, ...REFUSALS].includes(verdict.reason)) return undefined;
  const now = Date.now();
  const at = await tellAccount(shared, run, ground, verdict);
  if (!LIMITS.includes(verdict.reason)) return undefined;
  const task = await untilRedisAnswers(run, () => shared.store.read(run.task.spec.id));
  if (at > lastWordOn(task ?? run.task) + WAITS_AT_MOST_MS) return undefined;
  const { name: agent } = ground.agent;
  const reason = limitReason({ agent, why: verdict.reason, since: now, at, host: shared.hostId }, now);
  run.log.info({ why: verdict.reason, at }, "the agent's account takes no requests for now");
  return { reasons: [reason], goOnWith: "limit", sameTurn: true, lookAt: at };
}

/** When a person last asked for something of the task, Unix ms: how long it waited for that does not count against it. */
export function lastWordOn({ spec, questions = [], proposal }: Pick<Task, "spec" | "questions" | "proposal">): number {
  const answers = questions.flatMap(({ answer }) => (answer ? [answer.at] : []));
  return Math.max(spec.acceptedAt, proposal?.decision?.at ?? 0, ...answers);
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
