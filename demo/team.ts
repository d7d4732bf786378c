/**
 * `npm run demo:team`: a team works on one request, for real, on this machine, while you watch: a plan in a hybrid shape, a question, a
 * conflict, a node that fails at first, and a worker host that is killed on the way. All agents are scripted. Ends by itself with exit code 0
 * and a summary, or with 1 and the reason.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { makeTaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import { taskIdOf } from "../src/task/task-id.ts";
import type { PlanView } from "../src/views/plan-view.ts";
import type { CleanUp } from "./clean-up.ts";
import { runDemo } from "./run-demo.ts";
import { MAINTAINER, type Stage, setStage } from "./stage.ts";
import { renderTeamSummary, summarizeTeam, type TeamSummary } from "./team-summary.ts";
import { followTeam } from "./team-timeline.ts";
import { makeTimeline, type Timeline } from "./timeline.ts";
import { isTold } from "./told.ts";
import { endOfOrch, ready, START_LIMIT_MS, withoutSandbox } from "./up.ts";

const REQUEST = "/orch team add discounts, shipping costs and an invoice";
const END_LIMIT_MS = 5 * 60_000;
const LOOK_MS = 40;
/** After each thing that an agent says, ms: time to kill its host. */
const PAUSE_MS = 250;

type Options = { json?: boolean };
type Scene = { stage: Stage; timeline: Timeline; store: ReturnType<typeof makeTaskStore> };

async function demo({ json }: Options, cleanUp: CleanUp): Promise<number> {
  const { summary, text } = await play(json ? process.stderr : process.stdout, cleanUp);
  (json ? process.stderr : process.stdout).write(text);
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  return summary.ok ? 0 : 1;
}

async function play(out: NodeJS.WriteStream, cleanUp: CleanUp): Promise<{ summary: TeamSummary; text: string }> {
  const startedAt = Date.now();
  const timeline = makeTimeline(out, startedAt);
  out.write(
    "Orch demo of a team: a GitHub on loopback, a real Redis, real git, real tmux sessions. All agents are scripted.\n\n",
  );
  const stage = await setStage({
    cleanUp,
    team: true,
    pauseMs: PAUSE_MS,
    showLogs: Boolean(process.env.ORCH_DEMO_LOGS),
  });
  const redis = connectRedis(stage.everything.env.REDIS_URL ?? "", "demo");
  cleanUp.add(() => redis.disconnect());
  const broken = endOfOrch(stage);
  if (stage.sandboxProblem) out.write(withoutSandbox(stage.sandboxProblem));
  await waitForRedis(redis, START_LIMIT_MS);
  await Promise.race([ready(stage, redis), broken]);
  timeline.say("bot", `and worker host are up (${((Date.now() - startedAt) / 1_000).toFixed(1)} s)`);
  const scene = { stage, timeline, store: makeTaskStore(redis) };
  const { task, view } = await Promise.race([story(scene), broken]);
  const summary = await summarizeTeam(stage, task, view, { ms: Date.now() - startedAt });
  return { summary, text: renderTeamSummary(summary, view) };
}

/** A person asks, approves and answers; the host is killed once, while the first node's agent works. */
async function story({ stage, timeline, store }: Scene): Promise<{ task: Task; view: PlanView }> {
  const { simulator, repository, issue } = stage;
  const write = async (text: string) => {
    timeline.say("GitHub", `@${MAINTAINER} writes “${text}”`);
    return await simulator.comment(repository, issue, text, { as: MAINTAINER });
  };
  const { id } = await write(REQUEST);
  const taskId = taskIdOf(repository.id, { kind: "comment", id, line: 1, url: "" });
  const follower = followTeam(timeline, store, taskId);
  const shown = (pattern: RegExp) => simulator.state.comments(repository, issue).some(({ body }) => pattern.test(body));
  const [approves, answers, kills] = [once(), once(), once()];
  for (const giveUpAt = Date.now() + END_LIMIT_MS; Date.now() < giveUpAt; await delay(LOOK_MS)) {
    const { task, view } = (await follower.look()) ?? {};
    const { proposal, state } = task ?? {};
    if (proposal?.plan && !proposal.decision && shown(new RegExp(proposal.name)))
      await approves(async () => {
        for (const node of proposal.plan?.nodes ?? [])
          timeline.say(
            "bot",
            `  ${node.id.padEnd(9)} ${node.role.padEnd(9)} ${node.after.length > 0 ? `after ${node.after.join(" and ")}` : "at once"}`,
          );
        await write(`/orch approve ${proposal.name}`);
      });
    if (view?.nodes.some(({ how }) => how === "working"))
      await kills(async () => {
        timeline.say("worker", "is killed (SIGKILL), while agents work in their sessions");
        process.kill(stage.pids.get("worker") ?? 0, "SIGKILL");
      });
    const asking = view?.nodes.find(({ how }) => how === "asks");
    if (asking && shown(/asks you \(question/))
      await answers(async () => {
        timeline.say("agent", `${asking.id} asks: “${asking.asks[0]?.short}”`);
        await write("/orch answer 2");
      });
    if (task && view && state?.name === "settled" && isTold(stage, task)) {
      timeline.say("bot", `the pull request is open: ${task.pullRequest?.url ?? "none"}`);
      return { task, view };
    }
    if (task && state?.name === "settled" && !view)
      throw new Error(`The team never began: ${JSON.stringify(state.outcome)}`);
  }
  throw new Error(`The team did not end within ${END_LIMIT_MS / 60_000} minutes:\n${stage.lastWords()}`);
}

/** Does it the first time that it is asked to. */
function once(): (deed: () => Promise<void>) => Promise<void> {
  let isDone = false;
  return async (deed) => {
    if (isDone) return;
    isDone = true;
    await deed();
  };
}

const program = new Command("demo:team")
  .description("Watch a team of scripted agents turn one request into one pull request, on this machine.")
  .option("--json", "one machine-readable line on stdout at the end; the timeline goes to stderr")
  .parse();

runDemo((cleanUp) => demo(program.opts<Options>(), cleanUp));
