/** Gives commands on the simulated GitHub and hears from Redis, by the socket in its volume, what becomes of them. */
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import type { Simulator } from "../../simulator/simulator.ts";
import { keys } from "../../src/task/keys.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { CALCULATOR } from "../support/calculator.ts";
import { idOfComment } from "../support/task-spec.ts";

/** Of a repository of its own, with a test that fails and an agent that is to mend it. */
export type Command = {
  repository: string;
  /** Resolves with the task as soon as `check` holds for it. */
  task(check: (task: Task) => boolean): Promise<Task>;
  settled(): Promise<Outcome>;
  /** Resolves when it verifies. */
  verifying(): Promise<unknown>;
  /** Resolves when the agent has said it. */
  says(words: RegExp): Promise<unknown>;
  /** What the agent said last. */
  said(): Promise<string>;
};

export type Commands = {
  give(repositoryFile: { agent?: string; verify?: string }): Promise<Command>;
  close(): void;
};

const MAINTAINER = "maintainer";
export async function openCommands(simulator: Simulator, redisUrl: string): Promise<Commands> {
  const redis = connectRedis(redisUrl, "test");
  const news = connectBlockingRedis(redisUrl, "test-news");
  await waitForRedis(redis, 10_000);
  await news.subscribe(keys.changed);
  news.setMaxListeners(100);
  const store = makeTaskStore(redis);
  simulator.createUser(MAINTAINER);
  let number = 0;

  async function watch(id: string, check: (task: Task) => boolean): Promise<Task> {
    for (;;) {
      const heard = Promise.withResolvers<void>();
      const listen = (_channel: string, changed: string) => changed === id && heard.resolve();
      news.on("message", listen);
      const found = await store.read(id);
      if (found && check(found)) {
        news.off("message", listen);
        return found;
      }
      await Promise.race([heard.promise, delay(1_000)]); // news is not kept for who was not connected
      news.off("message", listen);
    }
  }

  return {
    async give(repositoryFile) {
      number += 1;
      const repository = await simulator.createRepository({
        owner: MAINTAINER,
        name: `calculator-${number}`,
        private: true,
        files: { ...CALCULATOR, ".github/orch.yml": stringify(repositoryFile) },
        collaborators: { [MAINTAINER]: "admin" },
      });
      const { number: issue } = await simulator.openIssue(repository, { as: MAINTAINER, title: "The tests fail" });
      const { id: comment } = await simulator.comment(repository, issue, "/orch fix the tests", { as: MAINTAINER });
      const id = idOfComment(repository.id, comment);
      const task = (check: (task: Task) => boolean) => watch(id, check);
      const isSettled = ({ state }: Task) => state.name === "settled";
      return {
        repository: repository.fullName,
        task,
        async settled() {
          const { state } = await task(isSettled);
          if (state.name !== "settled") throw new Error("unreachable: the check was for settled");
          return state.outcome;
        },
        verifying: () =>
          task(({ state }) => state.name === "settled" || (state.name === "running" && state.phase === "verifying")),
        says: (words) => task((each) => isSettled(each) || words.test(progressOf(each).lastLines ?? "")),
        said: async () => progressOf(await task(() => true)).lastLines ?? "",
      };
    },
    close() {
      redis.disconnect();
      news.disconnect();
    },
  };
}
