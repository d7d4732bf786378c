/**
 * A job of a task whose agent's account has come to refuse since it was queued: the task waits, without a run. It is for the dispatcher
 * to say when it is its turn, and which task tries first.
 */
import { isProbed, readBreaker } from "../../src/task/breaker.ts";
import { limitReason } from "../../src/task/waiting.ts";
import { accountFor } from "./limit.ts";
import type { Shared } from "./run.ts";

/** True when the task waits; its job is done with then. `agent`: of the job's lane. */
export async function standBack(
  shared: Shared,
  { taskId, agent }: { taskId: string; agent: string | undefined },
): Promise<boolean> {
  const { redis, store, operator, log } = shared;
  const definition = agent === undefined ? undefined : operator.agents.get(agent);
  const breaker = definition && (await readBreaker(redis, accountFor(shared, definition)));
  if (!definition || !breaker) return false;
  const now = Date.now();
  const tries = breaker.probe?.task === taskId || (now >= breaker.at && !isProbed(breaker, taskId, now));
  const task = tries ? undefined : await store.read(taskId);
  if (task?.state.name !== "queued") return false;
  const at = Math.max(breaker.at, now + 1_000);
  const host = task.state.lane?.host;
  const reason = limitReason({ agent: definition.name, why: breaker.why, since: now, at, host }, now);
  const news = { name: "waits" as const, version: task.version, reasons: [reason], at: now };
  const waiting = await store.advance(taskId, news);
  if (!waiting) return false;
  await store.dispatches.plan(taskId, Math.min(at, now + 15_000));
  log.info({ task: taskId, agent, why: breaker.why }, "the agent's account takes no requests for now: the task waits");
  return true;
}
