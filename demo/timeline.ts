/**
 * The live timeline: what happens, as it happens, from three sides: the task's own event stream, the simulated GitHub,
 * and the agent's words.
 */
import type { Redis } from "ioredis";
import { keys } from "../src/task/keys.ts";
import type { TaskEvent, TaskStore } from "../src/task/store.ts";
import type { Stage } from "./stage.ts";

export type Line = { at: number; who: "GitHub" | "bot" | "worker" | "agent"; text: string };

export type Timeline = {
  lines: Line[];
  events: TaskEvent[];
  say(who: Line["who"], text: string, at?: number): void;
  stop(): Promise<void>;
};

const COLORS: Record<Line["who"], string> = {
  GitHub: "\x1b[35m",
  bot: "\x1b[36m",
  worker: "\x1b[34m",
  agent: "\x1b[33m",
};

export function makeTimeline(out: NodeJS.WriteStream, startedAt: number): Timeline {
  const lines: Line[] = [];
  const color = out.isTTY === true && !process.env.NO_COLOR;
  return {
    lines,
    events: [],
    say(who, text, at = Date.now()) {
      lines.push({ at, who, text });
      const seconds = ((at - startedAt) / 1_000).toFixed(2).padStart(7);
      const name = who.padEnd(6);
      out.write(`${seconds} s  ${color ? `${COLORS[who]}${name}\x1b[0m` : name}  ${text}\n`);
    },
    stop: async () => undefined,
  };
}

/** Follows one task until `stop`; each of its events is told once, in order. */
export async function followTask(
  timeline: Timeline,
  subscriber: Redis,
  store: TaskStore,
  taskId: string,
): Promise<() => Promise<void>> {
  let told = 0;
  let lastWords = "";
  let telling = Promise.resolve();
  const look = async () => {
    const events = await store.events(taskId);
    for (const event of events.slice(told)) {
      for (const [who, text] of sentences(event)) timeline.say(who, text, event.at);
    }
    const words = (await store.read(taskId))?.progress.lastLines ?? "";
    const fresh = words.startsWith(lastWords) ? words.slice(lastWords.length) : words;
    for (const line of fresh.split("\n").filter((line) => line.trim() !== "")) timeline.say("agent", line);
    if (words) lastWords = words;
    told = events.length;
    timeline.events.splice(0, timeline.events.length, ...events);
  };
  const next = () => {
    telling = telling.then(look);
    return telling;
  };
  subscriber.on("message", (_channel, id) => {
    if (id === taskId) void next();
  });
  await subscriber.subscribe(keys.changed);
  await next();
  return next;
}

function sentences({ what, detail }: TaskEvent): [Line["who"], string][] {
  switch (what) {
    case "queued":
      return [["bot", `accepts the command: “${detail.instruction}” by @${detail.by}`]];
    case "claimed":
      return [["worker", `host ${detail.host} takes the task and prepares a workspace`]];
    case "phase":
      return [["worker", `phase: ${detail.phase}`]];
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
    const deed = `${request.method} ${request.path.replace(`/repos/${repository.fullName}`, "").replaceAll(/\d+/g, "N")}`;
    const sentence = request.status < 300 ? SEEN[deed] : undefined;
    if (sentence) timeline.say("GitHub", sentence);
  });
}

const SEEN: Record<string, string> = {
  "POST /issues/comments/N/reactions": "the bot reacts to the comment",
  "POST /issues/N/comments": "the progress comment appears",
  "PATCH /issues/comments/N": "the progress comment is edited",
  "POST /issues/N/labels": "the label changes",
  "POST /pulls": "a draft pull request appears",
  "POST /check-runs": "the check run `orch` appears on the commit",
};
