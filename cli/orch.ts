/**
 * The command `orch`: what an operator asks of one machine. Each verb is a file of its own, loaded when it is asked for:
 * `orch start` stays in memory for as long as Orch runs, and needs nothing of the others.
 */
import { existsSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { VERSION } from "../src/task/version.ts";
import { endWithReader } from "./closed-pipe.ts";
import { exitCodeOf } from "./exit-code.ts";
import { addCompletion, addUpkeep } from "./more-verbs.ts";
import { addSaying } from "./say-verbs.ts";

// The settings of this folder; what the environment says already goes first.
if (existsSync(".env")) process.loadEnvFile(".env");

export const program = new Command("orch")
  .description("Turns a /orch comment on GitHub into a pull request, with coding agents on your own machines.")
  .version(VERSION)
  .showHelpAfterError()
  .exitOverride()
  .addHelpText(
    "after",
    "\nSettings come from the environment and from .env in the current folder; .env.example documents each.",
  );

program
  .command("start")
  .description("run everything on this machine: Redis (where REDIS_URL is unset), the bot and a worker host")
  .action(async () => {
    const { run } = await import("./run.ts");
    await run(process.env);
  });

program
  .command("doctor")
  .description("check prerequisites, settings, Redis, the sandbox and the agents; say what to do about each problem")
  .option("--canary", "also have each living worker host carry out a job of no task now, and say where that fails")
  .option("--json", "one machine-readable line")
  .action(async (options: import("./doctor.ts").DoctorOptions) => {
    const { doctor } = await import("./doctor.ts");
    process.exitCode = await doctor(process.env, options);
  });

program
  .command("status")
  .description("show hosts, the queue and the tasks that are not settled")
  .option("-w, --watch", "always as it is now, in this terminal; q ends it")
  .option("--json", "one machine-readable line")
  .action(async (options: import("./status.ts").StatusOptions) => {
    const { status } = await import("./status.ts");
    process.exitCode = await status(process.env, options);
  });

program
  .command("why")
  .argument("<task>", "a task's id or its beginning, or owner/repo#number")
  .description("say why a task is not over, or why it ended so, and what to do")
  .option("--json", "one machine-readable line")
  .addHelpText("after", "\nExamples:\n  orch why t4mf5\n  orch why octo-org/calculator#3")
  .action(async (task: string, options: { json?: boolean }) => {
    const { why } = await import("./why.ts");
    process.exitCode = await why(process.env, task, options.json === true);
  });

program
  .command("tasks")
  .description("list tasks that are not over, newest first; elsewhere than on a terminal with tabs between the fields")
  .option("--state <state>", "only those in this state (waiting, queued, running, settled), or with this outcome")
  .option("--repo <owner/name>", "only those of this repository")
  .option("--agent <name>", "only those of this agent")
  .option(
    "--since <time>",
    "accepted within so many days, as 30d, or since a day, as 2026-01-31; also those that are over",
  )
  .option("--limit <number>", "at most so many (default: 50)")
  .option("--all", "those that are over, too, as far as Redis and this machine's history know of them")
  .option("--json", "one machine-readable line")
  .addHelpText(
    "after",
    "\nExamples:\n  orch tasks --repo octo-org/calculator --all\n  orch tasks --state verify_failed --json",
  )
  .action(async (options: import("./tasks.ts").TasksOptions) => {
    const { tasks } = await import("./tasks.ts");
    process.exitCode = await tasks(process.env, options);
  });

program
  .command("hosts")
  .description("list the worker hosts: what they offer, and how many of their slots are busy")
  .option("--json", "one machine-readable line")
  .action(async (options: { json?: boolean }) => {
    const { hosts } = await import("./hosts.ts");
    process.exitCode = await hosts(process.env, options);
  });

program
  .command("offers")
  .description("list what living hosts offer to work: agents with their models and roles, and how many slots are free")
  .option("--json", "one machine-readable line")
  .action(async (options: { json?: boolean }) => {
    const { offers } = await import("./offers.ts");
    process.exitCode = await offers(process.env, options);
  });

program
  .command("logs")
  .argument("<task>", "a task's id or its beginning, or owner/repo#number")
  .description("show what a task's programs print, from whichever host it is on; its end is kept for 30 days")
  .option("-f, --follow", "go on until the task is over")
  .option("--run <number>", "of this run (default: the last)")
  .option("--events", "what they say and do as events instead; kept for a day")
  .option("--json", "events, one a line")
  .action(async (task: string, options: import("./logs.ts").LogsOptions) => {
    const { logs } = await import("./logs.ts");
    process.exitCode = await logs(process.env, task, options);
  });

program
  .command("messages")
  .argument("<task>", "a task's id or its beginning, or owner/repo#number; of a team its task, or PLAN/NODE")
  .argument("[deed...]", "replay ID: send one that could not be delivered once more")
  .description("list what was said to a task's agent, or within a team, and what became of each message")
  .option("--dead", "only those that could not be delivered")
  .option("--json", "one machine-readable line")
  .addHelpText("after", "\nExamples:\n  orch messages t4mf5 --dead\n  orch messages t4mf5 replay m1a2b3c4d")
  .action(async (task: string, deed: string[], options: import("./messages.ts").MessagesOptions) => {
    const { messages } = await import("./messages.ts");
    process.exitCode = await messages(process.env, task, deed, options);
  });

program
  .command("retry")
  .argument("<task>", "a task's id or its beginning, or owner/repo#number")
  .argument("[settings...]", "as in a comment: agent=NAME model=NAME base=BRANCH priority=high")
  .description(
    "do a task once more, as a new task with the same request; what only could not be published is published",
  )
  .option("--yes", "do not ask whether that is meant")
  .option("--json", "one machine-readable line")
  .addHelpText("after", "\nExamples:\n  orch retry t4mf5\n  orch retry octo-org/calculator#3 agent=claude --yes")
  .action(async (task: string, settings: string[], options: import("./retry.ts").RetryOptions) => {
    const { retry } = await import("./retry.ts");
    process.exitCode = await retry(process.env, task, settings, options);
  });

program
  .command("cancel")
  .argument("[task]", "a task's id or its beginning, or owner/repo#number")
  .description("stop a task that is not over; what its agent has made is kept as a checkpoint")
  .option("--all", "every task that is not over")
  .option("--yes", "do not ask whether that is meant")
  .option("--json", "one machine-readable line")
  .addHelpText("after", "\nExamples:\n  orch cancel t4mf5\n  orch cancel --all --yes")
  .action(async (task: string | undefined, options: import("./cancel.ts").CancelOptions) => {
    const { cancel } = await import("./cancel.ts");
    process.exitCode = await cancel(process.env, task, options);
  });

program
  .command("pause")
  .description("let no worker host take a task until `orch resume`; what is at work goes on")
  .option("--yes", "do not ask whether that is meant")
  .option("--json", "one machine-readable line")
  .action(async (options: import("./pause.ts").PauseOptions) => {
    const { pause } = await import("./pause.ts");
    process.exitCode = await pause(process.env, options);
  });

program
  .command("resume")
  .description("let worker hosts take tasks again")
  .option("--json", "one machine-readable line")
  .action(async (options: { json?: boolean }) => {
    const { resume } = await import("./pause.ts");
    process.exitCode = await resume(process.env, options);
  });

program
  .command("drain")
  .argument("<host>", "a worker host's id or name, as `orch hosts` lists it")
  .description("let a worker host take no new work, and end when its last run has ended")
  .option("--yes", "do not ask whether that is meant")
  .option("--json", "one machine-readable line")
  .action(async (host: string, options: import("./drain.ts").DrainOptions) => {
    const { drain } = await import("./drain.ts");
    process.exitCode = await drain(process.env, host, options);
  });

program
  .command("dashboard")
  .description("print a link that lets a browser into the dashboard, once, and open it where there is a screen")
  .option("--no-open", "print it only")
  .option("--wait", "wait up to a minute for a bot that starts")
  .option("--json", "one machine-readable line")
  .action(async (options: import("./dashboard.ts").DashboardOptions) => {
    const { dashboard } = await import("./dashboard.ts");
    process.exitCode = await dashboard(process.env, options);
  });

program
  .command("schedules")
  .description("list the schedules of all repositories: when each comes next, its last task, why it was skipped")
  .option("--json", "one machine-readable line")
  .action(async (options: { json?: boolean }) => {
    const { schedules } = await import("./schedules.ts");
    process.exitCode = await schedules(process.env, options.json === true);
  });

program
  .command("budget")
  .description("show what may be used today, and what of it is spent, set aside by runs, and left")
  .option("--json", "one machine-readable line")
  .action(async (options: { json?: boolean }) => {
    const { budget } = await import("./budget.ts");
    process.exitCode = await budget(process.env, options.json === true);
  });

const token = program
  .command("a2a")
  .description("what other programs may ask for, by A2A or plain HTTP")
  .command("token")
  .description("the tokens by which they ask");

token
  .command("add")
  .argument("<name>", "what the program is called: its GitHub login where it is a person's, or say whose with --as")
  .requiredOption("--repo <owner/name...>", "a repository for which it may ask; may be given several times")
  .option("--as <login>", "the person for whom it asks: it may what they may")
  .description("make a token; it is shown this once")
  .option("--json", "one machine-readable line")
  .addHelpText("after", "\nExample:\n  orch a2a token add nightly-ci --repo octo-org/calculator --as octocat")
  .action(async (name: string, options: import("./a2a-token.ts").AddOptions) => {
    const { addToken } = await import("./a2a-token.ts");
    process.exitCode = await addToken(process.env, name, options);
  });

token
  .command("list")
  .description("list who has a token, for which repositories, and for whom they ask")
  .option("--json", "one machine-readable line")
  .action(async (options: { json?: boolean }) => {
    const { listTokens } = await import("./a2a-token.ts");
    process.exitCode = await listTokens(process.env, options);
  });

token
  .command("revoke")
  .argument("<name>", "what the program is called")
  .description("let it ask for nothing any more; its tasks go on")
  .option("--json", "one machine-readable line")
  .action(async (name: string, options: { json?: boolean }) => {
    const { revokeToken } = await import("./a2a-token.ts");
    process.exitCode = await revokeToken(process.env, name, options);
  });

program
  .command("stats")
  .description("show what came of tasks, what they cost and how long they took, from this machine's history")
  .option("--by <names>", "with commas between: agent, kind, repository, model (default: agent)")
  .option("--since <time>", "so many days, as 90d, or a day, as 2026-01-31 (default: 30d)")
  .option("--json", "one machine-readable line")
  .addHelpText("after", "\nExamples:\n  orch stats\n  orch stats --by agent,model --since 90d --json")
  .action(async (options: import("./stats.ts").StatsOptions) => {
    const { stats } = await import("./stats.ts");
    process.exitCode = await stats(process.env, options);
  });

program
  .command("forget")
  .argument("<issue>", "owner/repo#number")
  .description("take out of Redis and out of the history what is kept of the tasks of an issue or a pull request")
  .option("--yes", "do not ask whether that is meant")
  .option("--json", "one machine-readable line")
  .addHelpText("after", "\nExample:\n  orch forget octo-org/calculator#3 --yes")
  .action(async (issue: string, options: import("./forget.ts").ForgetOptions) => {
    const { forget } = await import("./forget.ts");
    process.exitCode = await forget(process.env, issue, options);
  });

program
  .command("checkpoint")
  .argument("[task]", "a task's id or its beginning; without one all that this machine keeps are listed")
  .description("get out what an agent had made when its work could not be published, on the machine that keeps it")
  .option("--to <folder>", "as a git repository in this new folder")
  .option("--bundle <file>", "as one file that git can fetch from")
  .option("--json", "one machine-readable line")
  .addHelpText("after", "\nExamples:\n  orch checkpoint\n  orch checkpoint t4mf5 --to /tmp/rescued")
  .action(async (task: string | undefined, options: import("./checkpoint.ts").CheckpointOptions) => {
    const { checkpoint } = await import("./checkpoint.ts");
    process.exitCode = await checkpoint(process.env, task, options);
  });

program
  .command("attach")
  .argument("<task>", "a task's id or its beginning, or owner/repo#number")
  .description("watch the live session of a task (read-only; leave with Ctrl-b d); of another machine: as `logs -f`")
  .option("--write", "let your keys reach the session: it shows the transcript, the agent itself does not hear you")
  .addHelpText("after", "\nExamples:\n  orch attach t4mf5\n  orch attach octo-org/calculator#3")
  .action(async (task: string, options: { write?: boolean }) => {
    const { attach } = await import("./attach.ts");
    process.exitCode = await attach(process.env, task, options.write === true);
  });

addSaying(program);
addUpkeep(program);
addCompletion(program);
// A mistyped verb scrolls away above the help for all of them; each verb's own is short.
program.showHelpAfterError("`orch --help` lists the verbs.");

if (process.argv[2] !== "start") endWithReader();
await program.parseAsync().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  const code = exitCodeOf(error);
  if (code === 0) return;
  const wasSaid = error instanceof CommanderError;
  // Whoever asked for JSON parses the answer, also when it is that there is none.
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify({ error: message })}\n`);
  else if (!wasSaid) process.stderr.write(`orch: ${message}\n`);
  process.exitCode = code;
});
