/**
 * `orch attach TASK`: the live session of a task, in this terminal. Where there is none to show, it says why and what to
 * do instead. Read-only unless asked otherwise: what is watched cannot be disturbed by a key.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { dataDirOf } from "../src/data-dir.ts";
import { isWritten } from "../src/task/origin.ts";
import { makePlanStore } from "../src/task/plans.ts";
import type { Task } from "../src/task/task.ts";
import { count } from "../src/text/amounts.ts";
import { bare, inTerminal } from "../src/text/quote.ts";
import type { Around } from "../src/views/around.ts";
import { taskView } from "../src/views/task-view.ts";
import { why } from "../src/views/why.ts";
import { whyWords } from "../src/words/why-words.ts";
import { findProgram, SEARCH_PATH } from "../workers/sandbox/find-program.ts";
import { attachArguments, socketPath } from "../workers/tmux/server.ts";
import { teamSession } from "../workers/tmux/team-session.ts";
import { NotAllowed } from "./exit-code.ts";
import { askBack, findTasks } from "./find-task.ts";
import { hostIdOf } from "./host-id.ts";
import { logs } from "./logs.ts";
import { taskLine } from "./task-line.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

/** `task`: id, beginning of an id, or `owner/repo#number`. tmux's exit code, or 1 when there is nothing to attach to. */
export async function attach(env: Env, task: string, write: boolean): Promise<number> {
  const hostDir = join(dataDirOf(env), "host");
  const found = await withRedis(env, "attach", (redis) => look(redis, task, hostDir));
  if ("reason" in found) {
    process.stderr.write(`${found.reason}\n`);
    return found.elsewhere === undefined ? 1 : await logs(env, found.elsewhere, { follow: true });
  }
  const tmux = await findProgram("tmux", `${SEARCH_PATH}:${env.PATH ?? ""}`);
  if (!tmux) throw new Error("tmux is not installed: sudo apt-get install tmux");
  const server = ["-S", socketPath(join(hostDir, "tmux"), found.hostId)];
  // tmux refuses to run inside a session of another server as long as it knows of it.
  const { TMUX: _outer, ...ownEnv } = env;
  const asked = (session: string) =>
    spawnSync(tmux, [...server, "has-session", "-t", `=${session}`], { env: ownEnv, encoding: "utf8" });
  const session = found.sessions.find((each) => asked(each).status === 0);
  if (session === undefined) {
    process.stderr.write(`${noSession(found.id, asked(found.id).stderr, join(hostDir, "tmux"))}\n`);
    return 1;
  }
  const words = [...attachArguments(join(hostDir, "tmux"), found.hostId, session), ...(write ? [] : ["-r"])];
  const child = spawn(tmux, words, { stdio: "inherit", env: ownEnv });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

/** `sessions`: the first that there is, is the one to show. `elsewhere`: the task, whose session is on another machine. */
type Found = { id: string; hostId: string; sessions: string[] } | { reason: string; elsewhere?: string };

async function look(redis: Redis, text: string, hostDir: string): Promise<Found> {
  const all = await findTasks(redis, text);
  // Of a team on an issue the tasks of its nodes fit as well, and it is meant as a whole.
  const teams = all.filter((each) => each.spec.team);
  const tasks = teams.length === 1 ? teams : all;
  const [task, ...others] = tasks;
  if (!task) return { reason: `No task fits "${bare(text, 100)}". \`orch status\` lists those that are not over.` };
  const around = await viewsOf(redis).views.around();
  const line = (each: Task) => `  ${taskLine(taskView(each, around.hosts), around.now)}`;
  const { state, spec } = task;
  if (others.length > 0 && text.includes("#") && state.name === "settled")
    return {
      reason: [whyNot(task, around, hostDir), "Earlier there, over as well:", ...others.slice(0, 20).map(line)].join(
        "\n",
      ),
    };
  if (others.length > 0) return { reason: askBack(text, tasks, line).join("\n") };
  const at = await hostOf(redis, task);
  if (at === undefined) return { reason: whyNot(task, around, hostDir) };
  const here = hostIdOf(hostDir);
  const sessions = [...(spec.team ? [teamSession(spec.id)] : []), spec.id];
  if (at === here) return { id: spec.id, hostId: here, sessions };
  const host = around.hosts.find(({ id }) => id === at);
  const where = host ? `${bare(host.name, 80)} (${host.id})` : at;
  return {
    elsewhere: spec.id,
    reason: `Task ${spec.id} runs on the worker host ${where}, not on this machine${here ? "" : " or not under this ORCH_DATA"}. There: orch attach ${spec.id}\nHere is what it prints, as by orch logs -f (leave with Ctrl-c):`,
  };
}

/** The host that runs it, or on which its team works. */
async function hostOf(redis: Redis, { spec, state }: Task): Promise<string | undefined> {
  if (state.name === "running") return state.host;
  if (!spec.team || state.name === "settled") return undefined;
  return (await makePlanStore(redis).read(spec.id))?.home;
}

function whyNot(task: Task, around: Around, hostDir: string): string {
  const { spec, state, epoch } = task;
  if (state.name !== "settled") {
    const sentences = whyWords(why(task, around), around.now, inTerminal);
    return [`Task ${spec.id} has no session yet.`, ...sentences.map((sentence) => `  ${sentence}`)].join("\n");
  }
  const { outcome } = state;
  const link = outcome.kind === "pull_request" ? `: ${outcome.url}` : "";
  const how = outcome.kind.replaceAll("_", " ");
  // The steps of this run and of earlier ones; the folder of a run that went well is gone.
  const transcripts = globSync(join(hostDir, "runs", `${spec.id}-*`, "*", "transcript.log")).sort();
  const kept =
    transcripts.length > 0
      ? `What the agent said is kept here:\n${transcripts.map((file) => `  ${file}`).join("\n")}`
      : `The end of what it printed: orch logs ${spec.id}\nHow it went, and why so: orch why ${spec.id}`;
  const asked = transcripts.length > 0 || !isWritten(spec.origin) ? [] : [`Asked for at ${spec.origin.url}`];
  return [`Task ${spec.id} is over after ${count(epoch, "run")}: ${how}${link}`, kept, ...asked].join("\n");
}

/** Throws NotAllowed. */
function noSession(id: string, said: string, dir: string): string {
  if (/permission denied/i.test(said))
    throw new NotAllowed(
      `the sessions in ${dir} belong to another user: run this as the user that the worker host runs as`,
    );
  return `Task ${id} has no session at this moment: it is being prepared, published, or between two steps. Try again.`;
}
