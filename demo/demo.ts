/**
 * `npm run demo`: a `/orch` comment becomes a draft pull request with green tests, for real, on this machine, while you
 * watch. Ends by itself with exit code 0 and a summary, or with 1 and the reason.
 */
import { Command } from "commander";
import { makeLink } from "../dashboard/door/links.ts";
import { openQuestions } from "../src/task/question.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import { taskIdOf } from "../src/task/task-id.ts";
import type { CleanUp } from "./clean-up.ts";
import { playground } from "./keep.ts";
import { sampleMemory } from "./memory.ts";
import { runDemo } from "./run-demo.ts";
import { MAINTAINER, type Stage, setStage } from "./stage.ts";
import { renderSummary, type Summary, summarize } from "./summary.ts";
import { type Follower, followGitHub, followTasks, makeTimeline, type Timeline } from "./timeline.ts";
import { isTold } from "./told.ts";
import { endOfOrch, ready, START_LIMIT_MS, taskWhich, withoutSandbox } from "./up.ts";

const COMMAND_TEXT = "/orch fix the failing tests";

const ANSWER_TEXT = "/orch answer 1";

type Options = { json?: boolean; keep?: boolean; agent?: string; ask?: boolean };

/** Between two words of the scripted agent, ms, where somebody stays to watch it. */
const WATCHABLE_MS = 1_500;

async function play(options: Options, cleanUp: CleanUp): Promise<number> {
  const out = options.json ? process.stderr : process.stdout;
  const startedAt = Date.now();
  const timeline = makeTimeline(out, startedAt);
  out.write("Orch demo: a GitHub on loopback, a real Redis, real git, a real tmux session.\n\n");
  const stage = await setStage({
    cleanUp,
    agent: options.agent,
    pauseMs: options.keep ? WATCHABLE_MS : 0,
    asks: options.ask ?? false,
    showLogs: Boolean(process.env.ORCH_DEMO_LOGS),
    dashboard: options.keep ?? false,
  });
  const redis = connectRedis(stage.everything.env.REDIS_URL ?? "", "demo");
  const subscriber = connectBlockingRedis(stage.everything.env.REDIS_URL ?? "", "demo-news");
  cleanUp.add(() => {
    redis.disconnect();
    subscriber.disconnect();
  });
  const broken = endOfOrch(stage);
  if (stage.sandboxProblem) out.write(withoutSandbox(stage.sandboxProblem));
  await waitForRedis(redis, START_LIMIT_MS);
  await Promise.race([ready(stage, redis), broken]);
  timeline.say("bot", `and worker host are up (${((Date.now() - startedAt) / 1_000).toFixed(1)} s)`);
  followGitHub(timeline, stage);
  const follower = await followTasks(timeline, subscriber, makeTaskStore(redis));
  const summary = await Promise.race([
    firstTask(stage, timeline, follower, { redis, cleanUp, asks: options.ask ?? false }),
    broken,
  ]);
  out.write(renderSummary(summary));
  for (const violation of stage.simulator.violations()) out.write(`! GitHub's schema: ${violation}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  if (!options.keep) {
    out.write("These links end with the demo, which ends here. To keep it all and play: npm run demo -- --keep\n");
    return summary.ok ? 0 : 1;
  }
  const link = await makeLink(redis, stage.dashboardUrl ?? "", "demo");
  out.write(`${playground(stage, link)}\n`);
  return await broken;
}

/** The command is given, carried out, and told on GitHub. */
async function firstTask(
  stage: Stage,
  timeline: Timeline,
  follower: Follower,
  { redis, cleanUp, asks }: { redis: ReturnType<typeof connectRedis>; cleanUp: CleanUp; asks: boolean },
): Promise<Summary> {
  const memory = sampleMemory(stage.pids);
  cleanUp.add(() => memory.stop());
  const startedAt = Date.now();
  timeline.say("GitHub", `@${MAINTAINER} writes “${COMMAND_TEXT}” under issue #${stage.issue}`);
  const comment = await stage.simulator.comment(stage.repository, stage.issue, COMMAND_TEXT, { as: MAINTAINER });
  const taskId = taskIdOf(stage.repository.id, { kind: "comment", id: comment.id, line: 1, url: "" });
  const store = makeTaskStore(redis);
  if (asks) await answerIt(stage, timeline, await taskWhich(store, taskId, waitsForAnswer));
  const task = await taskWhich(store, taskId, ({ state }) => state.name === "settled");
  await stage.simulator.waitFor(() => isTold(stage, task), 60_000);
  const events = await follower.look(taskId);
  memory.stop();
  return summarize(stage, task, { startedAt, events, samples: memory.samples });
}

/** A person has read the comment that calls for the answer, and gives it. */
async function answerIt(stage: Stage, timeline: Timeline, task: Task): Promise<void> {
  const { simulator, repository, issue } = stage;
  const called = () =>
    simulator.state.comments(repository, issue).some(({ body }) => body.includes("asks you (question"));
  await simulator.waitFor(called, 60_000);
  timeline.say("bot", `the task waits without a slot: “${openQuestions(task)[0]?.text}”`);
  timeline.say("GitHub", `@${MAINTAINER} writes “${ANSWER_TEXT}”`);
  await simulator.comment(repository, issue, ANSWER_TEXT, { as: MAINTAINER });
}

const waitsForAnswer = ({ state }: Task): boolean =>
  state.name === "settled" || (state.name === "waiting" && state.reasons.some((reason) => reason.for === "answer"));

const program = new Command("demo")
  .description("Watch a /orch comment become a draft pull request with green tests, on this machine.")
  .option("--json", "one machine-readable line on stdout at the end; the timeline goes to stderr")
  .option("--keep", "leave everything running, to play with in a browser")
  .option("--ask", "the scripted agent asks a question before it begins, which is answered")
  .option("--agent <name>", "use this agent of your ORCH_CONFIG instead of the scripted one")
  .parse();

runDemo((cleanUp) => play(program.opts<Options>(), cleanUp));
