/**
 * The live timeline: what happens, as it happens, from three sides: the task's own event stream, the simulated GitHub,
 * and the agent's words.
 */
import type { Redis } from "ioredis";
import { keys } from "../src/task/keys.ts";
import type { TaskStore } from "../src/task/store.ts";
import { progressOf } from "../src/task/task.ts";
import type { TaskEvent } from "../src/task/timeline.ts";
import type { Stage } from "./stage.ts";

type Who = "GitHub" | "bot" | "worker" | "agent";

export type Timeline = { say(who: Who, text: string, at?: number): void };

/** `look` tells what is new of a task, and returns all of its events. */
export type Follower = { look(taskId: string): Promise<readonly TaskEvent[]> };

const COLORS: Record<Who, string> = {
  GitHub: "\x1b[35m",
  bot: "\x1b[36m",
  worker: "\x1b[34m",
  agent: "\x1b[33m",
};

export function makeTimeline(out: NodeJS.WriteStream, startedAt: number): Timeline {
  const color = out.isTTY === true && !process.env.NO_COLOR;
  return {
    say(who, text, at = Date.now()) {
      const seconds = ((at - startedAt) / 1_000).toFixed(2).padStart(7);
      const name = who.padEnd(6);
      out.write(`${seconds} s  ${color ? `${COLORS[who]}${name}\x1b[0m` : name}  ${text}\n`);
    },
  };
}

type Told = { events: readonly TaskEvent[]; words: string };

/** Follows every task; each of its events is told once, in order. */
export async function followTasks(timeline: Timeline, subscriber: Redis, store: TaskStore): Promise<Follower> {
  const tasks = new Map<string, Told>();
  let telling: Promise<unknown> = Promise.resolve();
  const tell = async (taskId: string) => {
    const { events: before, words: saidBefore } = tasks.get(taskId) ?? { events: [], words: "" };
    const [events, task] = [await store.events(taskId), await store.read(taskId)];
    for (const event of events.slice(before.length)) {
      for (const [who, text] of sentences(event)) timeline.say(who, text, event.at);
    }
    const words = (task && progressOf(task).lastLines) || saidBefore;
    for (const line of newLines(saidBefore, words)) timeline.say("agent", line);
    tasks.set(taskId, { events, words });
    return events;
  };
  const look = (taskId: string) => {
    const next = telling.then(() => tell(taskId));
    telling = next.catch(() => undefined); // the one who asked hears of it; the next one asks anew
    return next;
  };
  subscriber.on("message", (_channel, id) => {
    look(id).catch((error: unknown) => timeline.say("bot", `is out of the timeline's sight: ${error}`));
  });
  await subscriber.subscribe(keys.changed);
  return { look };
}

/**
 * What an agent has said since. Both are the last lines of what it had said by then, a window that moves on: the end of the
 * one is the beginning of the other, unless more was said in between than the window holds. A call that has failed meanwhile
 * is the same line with another mark, and is told again as that alone.
 */
export function newLines(before: string, now: string): string[] {
  const [known, shown] = [before.split("\n"), now.split("\n")];
  const isSame = (was: string, is: string | undefined) => was === is || was.replace(/^▸ /, "✘ ") === is;
  const from = known.findIndex((_, index) => known.slice(index).every((line, at) => isSame(line, shown[at])));
  const kept = from < 0 ? [] : known.slice(from);
  return shown.filter((line, at) => line !== kept[at] && line.trim() !== "");
}

function sentences({ what, detail }: TaskEvent): [Who, string][] {
  switch (what) {
    case "queued":
      return [["bot", `accepts the command: “${detail.instruction}” by @${detail.by}`]];
    case "claimed":
      return [["worker", `host ${detail.host} takes the task and prepares a workspace`]];
    case "phase":
      return [["worker", `phase: ${detail.phase}`]];
    case "parked":
      return [["worker", "the agent has asked and ended its turn: the run is parked, its slot is free"]];
    case "answered": {
      const { text, by } = detail.answer as { text: string; by?: { login: string } };
      return [["bot", `passes on the answer by @${by?.login}: “${text}”`]];
    }
    case "pushed": {
      const pushed = detail.pushed as { branch: string; files: number; additions: number; deletions: number };
      return [["worker", `pushes ${pushed.branch} (${pushed.files} files, +${pushed.additions} −${pushed.deletions})`]];
    }
    case "pull_request":
      return [["bot", `the pull request is open: ${(detail.pullRequest as { url: string }).url}`]];
    case "ended":
      return [["worker", `the run ends: ${(detail.outcome as { kind: string }).kind}`]];
    default:
      return [];
  }
}

/** What the simulated GitHub sees of it, as far as a person would see it too. */
export function followGitHub(timeline: Timeline, { simulator, repository }: Stage): void {
  const told = new Set<string>();
  simulator.on("delivery", (delivery: { event: string; action?: string; statusCode: number }) => {
    const name = delivery.action ? `${delivery.event}.${delivery.action}` : delivery.event;
    const matters = (name === "issue_comment.created" && !told.has(name)) || name === "pull_request.opened";
    told.add(name);
    if (matters) timeline.say("GitHub", `delivers ${name}, answered with ${delivery.statusCode}`);
  });
  simulator.on("request", (request: { method: string; path: string; status: number }) => {
    const issue = /\/issues\/(\d+)\/comments$/.exec(request.path)?.[1];
    if (issue && request.method === "POST" && request.path.startsWith("/repos/") && request.status < 300) {
      timeline.say("GitHub", commentSentence(simulator.state.comments(repository, Number(issue)).at(-1)?.body ?? ""));
      return;
    }
    const deed = `${request.method} ${request.path.replace(`/repos/${repository.fullName}`, "").replaceAll(/\d+/g, "N")}`;
    const sentence = request.status < 300 ? SEEN[deed] : undefined;
    if (sentence) timeline.say("GitHub", sentence);
  });
}

/** A progress comment has a heading, an answer to `/orch status` or the like has none. */
function commentSentence(body: string): string {
  if (body.startsWith("### ")) return "the progress comment appears";
  return `the bot replies: “${body.split("\n", 1)[0]?.slice(0, 100)}”`;
}

const SEEN: Record<string, string> = {
  "POST /issues/comments/N/reactions": "the bot reacts to the comment",
  "PATCH /issues/comments/N": "the progress comment is edited",
  "POST /issues/N/labels": "the label changes",
  "POST /pulls": "a draft pull request appears",
  "POST /check-runs": "the check run `orch` appears on the commit",
};
