/**
 * `npm run demo`: a `/orch` comment becomes a draft pull request with green tests, for real, on this machine, while you
 * watch. Ends by itself with exit code 0 and a summary, or with 1 and the reason.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { readHosts } from "../src/task/heartbeat.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import { taskIdOf } from "../src/task/task-id.ts";
import { IDLE_SESSION, socketPath } from "../workers/tmux/server.ts";
import { sampleMemory } from "./memory.ts";
import { MAINTAINER, type Stage, setStage } from "./stage.ts";
import { renderSummary, summarize } from "./summary.ts";
import { followGitHub, followTask, makeTimeline } from "./timeline.ts";

const COMMAND_TEXT = "/orch fix the failing tests";
const START_LIMIT_MS = 60_000;
const END_LIMIT_MS = 20 * 60_000;

type Options = { json?: boolean; keep?: boolean; agent?: string };

async function demo(options: Options): Promise<number> {
  const out = options.json ? process.stderr : process.stdout;
  const startedAt = Date.now();
  const timeline = makeTimeline(out, startedAt);
  out.write("Orch demo: a GitHub on loopback, a real Redis, real git, a real tmux session.\n\n");
  const stage = await setStage({ agent: options.agent, logFile: process.env.ORCH_DEMO_LOGS ? "inherit" : "ignore" });
  const clear = once(() => stage.clear());
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => void clear().finally(() => process.exit(130)));
  const redis = connectRedis(stage.everything.env.REDIS_URL ?? "", "demo");
  const subscriber = connectBlockingRedis(stage.everything.env.REDIS_URL ?? "", "demo-news");
  const memory = sampleMemory(stage.pids);
  try {
    if (stage.sandboxProblem)
      out.write(
        `! No sandbox on this machine, so the scripted agent runs without one:\n  ${stage.sandboxProblem.replaceAll("\n", "\n  ")}\n\n`,
      );
    await waitForRedis(redis, START_LIMIT_MS);
    await ready(stage, redis);
    const hostId = (await readHosts(redis, Date.now()))[0]?.id ?? "";
    timeline.say("bot", `and worker host are up (${((Date.now() - startedAt) / 1_000).toFixed(1)} s)`);
    followGitHub(timeline, stage);

    const commandedAt = Date.now();
    timeline.say("GitHub", `@${MAINTAINER} writes “${COMMAND_TEXT}” under issue #${stage.issue}`);
    const comment = await stage.simulator.comment(stage.repository, stage.issue, COMMAND_TEXT, { as: MAINTAINER });
    const store = makeTaskStore(redis);
    const taskId = taskIdOf(stage.repository.id, comment.id, 1);
    const look = await followTask(timeline, subscriber, store, taskId);
    const task = await settledTask(store, taskId);
    await stage.simulator.waitFor(() => toldTheEnd(stage), 60_000);
    await look();
    memory.stop();
    const summary = await summarize(stage, task, {
      startedAt: commandedAt,
      events: timeline.events,
      samples: memory.samples,
    });
    out.write(renderSummary(summary));
    for (const violation of stage.simulator.violations()) out.write(`! GitHub's schema: ${violation}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    if (options.keep) await keep(stage, hostId, out);
    return summary.ok ? 0 : 1;
  } finally {
    memory.stop();
    redis.disconnect();
    subscriber.disconnect();
    await clear();
  }
}

/** The worker host beats and the bot answers. What keeps them from it is on their own log. */
async function ready(stage: Stage, redis: ReturnType<typeof connectRedis>): Promise<void> {
  const url = `${stage.everything.env.BOT_URL}/readyz`;
  const giveUpAt = Date.now() + START_LIMIT_MS;
  const ended = stage.everything.ended.then((code) => {
    throw new Error(`Orch ended with code ${code} while starting. For its log: ORCH_DEMO_LOGS=1 npm run demo`);
  });
  const up = async () => {
    for (;;) {
      const answer = await fetch(url).catch(() => undefined); // not listening yet
      const hosts = await readHosts(redis, Date.now());
      if (answer?.ok && hosts.some((host) => host.alive)) return;
      if (Date.now() > giveUpAt)
        throw new Error(`Orch was not ready within a minute (${url}). For its log: ORCH_DEMO_LOGS=1 npm run demo`);
      await delay(50);
    }
  };
  await Promise.race([up(), ended]);
}

async function settledTask(store: ReturnType<typeof makeTaskStore>, taskId: string): Promise<Task> {
  const giveUpAt = Date.now() + END_LIMIT_MS;
  while (Date.now() < giveUpAt) {
    const task = await store.read(taskId);
    if (task?.state.name === "settled") return task;
    await delay(100);
  }
  throw new Error("The task did not end within twenty minutes");
}

/** The check run is concluded and the label says so: nothing is left to tell. */
function toldTheEnd({ simulator, repository, issue }: Stage): boolean {
  const labels = simulator.state.labels(repository, issue);
  return labels.includes("orch:done") || labels.includes("orch:failed");
}

async function keep(stage: Stage, hostId: string, out: NodeJS.WriteStream): Promise<void> {
  const issue = `${stage.simulator.url}/${stage.repository.fullName}/issues/${stage.issue}`;
  const socket = socketPath(`${stage.everything.dataDir}/host/tmux`, hostId);
  out.write(
    [
      "Everything keeps running. Play:",
      `  Issue page (write another /orch comment there, as ${MAINTAINER}):  ${issue}`,
      `  Repository:  ${stage.simulator.url}/${stage.repository.fullName}`,
      `  Bot's state:  ${stage.everything.env.BOT_URL}/readyz`,
      `  Watch an agent while it works:  tmux -S ${socket} attach -r`,
      `  (between tasks there is only the session ${IDLE_SESSION}; leave tmux with Ctrl-b d)`,
      "Ctrl-C ends everything.",
      "",
    ].join("\n"),
  );
  await new Promise(() => setInterval(() => undefined, 60_000));
}

function once(deed: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= deed();
    return done;
  };
}

const program = new Command("demo")
  .description("Watch a /orch comment become a draft pull request with green tests, on this machine.")
  .option("--json", "one machine-readable line on stdout at the end; the timeline goes to stderr")
  .option("--keep", "leave everything running, to play with in a browser")
  .option("--agent <name>", "use this agent of your ORCH_CONFIG instead of the scripted one")
  .parse();

demo(program.opts<Options>()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
