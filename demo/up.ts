/** Orch's programs while a demo plays: whether they are up, whether they still are, and how far a task is. */
import { setTimeout as delay } from "node:timers/promises";
import { readHosts } from "../src/task/hosts.ts";
import type { connectRedis } from "../src/task/redis.ts";
import type { TaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import type { Stage } from "./stage.ts";

export const START_LIMIT_MS = 60_000;
const END_LIMIT_MS = 20 * 60_000;

/** Rejects when bot, worker host or Redis has ended for good; what they said of it is the reason. */
export function endOfOrch(stage: Stage): Promise<never> {
  const broken = stage.everything.ended.then((code): never => {
    const words = stage.lastWords();
    throw new Error(
      `Orch's programs have ended with code ${code}${words ? `:\n${words}` : ". For its log: ORCH_DEMO_LOGS=1 npm run demo"}`,
    );
  });
  broken.catch(() => undefined); // whoever waits for it hears of it; at the end of a demo nobody does
  return broken;
}

export const withoutSandbox = (problem: string) =>
  `! No sandbox on this machine, so the scripted agent runs without one:\n  ${problem.replaceAll("\n", "\n  ")}\n\n`;

/** The worker host beats and the bot answers. What keeps them from it is on their own log. */
export async function ready(stage: Stage, redis: ReturnType<typeof connectRedis>): Promise<void> {
  const url = `${stage.botUrl}/readyz`;
  const giveUpAt = Date.now() + START_LIMIT_MS;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined); // not listening yet
    const hosts = await readHosts(redis, Date.now());
    if (answer?.ok && hosts.some((host) => host.alive)) return;
    if (Date.now() > giveUpAt) throw new Error(`Orch was not ready within a minute (${url}):\n${stage.lastWords()}`);
    await delay(50);
  }
}

/** As soon as it holds. */
export async function taskWhich(store: TaskStore, taskId: string, is: (task: Task) => boolean): Promise<Task> {
  const giveUpAt = Date.now() + END_LIMIT_MS;
  while (Date.now() < giveUpAt) {
    const task = await store.read(taskId);
    if (task && is(task)) return task;
    await delay(100);
  }
  throw new Error("The task did not end within twenty minutes");
}
