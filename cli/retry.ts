/**
 * `orch retry TASK`: asks for a task once more, as `/orch retry` does: a new task with the same request. Work that was done and only could
 * not be published is published, without an agent, where nothing else is asked for.
 */
import type { Redis } from "ioredis";
import { readSettings } from "../src/command/settings.ts";
import type { Settings } from "../src/command/verbs.ts";
import type { Env } from "../src/config.ts";
import { visibleText } from "../src/text/clean.ts";
import { askBot, LINE, NOT_TAKEN_IN } from "./ask-bot.ts";
import { consent } from "./consent.ts";
import { oneTask } from "./one-task.ts";
import { UsageError } from "./usage-error.ts";
import { viewsOf } from "./views-of.ts";
import { withRedis } from "./with-redis.ts";

export type RetryOptions = { yes?: boolean; json?: boolean };

type Told = { task?: string; error?: string };

/** `words`: settings, as `agent=NAME`. Exit code 0 once the new task is there; 1 when there is none to try again, or none came. */
export async function retry(env: Env, text: string, words: readonly string[], options: RetryOptions): Promise<number> {
  const settings = settingsIn(words);
  const told = await withRedis(env, "retry", (redis) => ask(redis, env, { text, settings, options }));
  if (!told) return 1;
  if (options.json) process.stdout.write(`${JSON.stringify(told)}\n`);
  else if (told.error !== undefined) process.stderr.write(`${told.error}\n`);
  else process.stdout.write(`${told.task}  asked for; orch why ${told.task} says how it stands\n`);
  return told.error === undefined ? 0 : 1;
}

/** Throws UsageError. */
function settingsIn(words: readonly string[]): Settings {
  const { settings, rest, problem } = readSettings(words.map(quoted).join(" "));
  if (problem || rest !== "")
    throw new UsageError(
      "behind the task there may be settings only: agent=NAME, model=NAME, base=BRANCH, priority=high",
    );
  return settings;
}

/** The shell has taken the quotation marks off. */
function quoted(word: string): string {
  const at = word.indexOf("=");
  return /\s/.test(word) && at > 0 ? `${word.slice(0, at)}="${word.slice(at + 1)}"` : word;
}

type Wish = { text: string; settings: Settings; options: RetryOptions };

/** Undefined where it was declined. */
async function ask(redis: Redis, env: Env, { text, settings, options }: Wish): Promise<Told | undefined> {
  const found = await oneTask(redis, text);
  if ("lines" in found) return { error: found.lines.join("\n") };
  const { spec, state } = found.task;
  if (state.name !== "settled") return { error: `${spec.id} is not over: \`orch cancel ${spec.id}\` stops it first.` };
  if (!(await consent(`Try ${spec.id} once more?`, options))) return undefined;
  const command = { kind: "retry" as const, line: LINE, task: spec.id, settings };
  const { task, reply } = await askBot(redis, env, found.task, command);
  if (!reply) return { error: NOT_TAKEN_IN };
  const made = await viewsOf(redis).store.read(task);
  return made ? { task } : { error: visibleText(reply.say ?? "No task came of it.") };
}
