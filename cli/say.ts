/**
 * `orch tell`, `orch answer`, `orch approve` and `orch plan`: what people say to the agent of a task, or decide about what it proposes, as by a
 * comment and at the dashboard. GitHub is told in a line who did it.
 */
import type { Redis } from "ioredis";
import type { Command } from "../src/command/command.ts";
import type { Env } from "../src/config.ts";
import { nameToDecideOn, openProposal } from "../src/task/proposal.ts";
import { openQuestions, type Question, questionNamed } from "../src/task/question.ts";
import type { Task } from "../src/task/task.ts";
import { visibleText } from "../src/text/clean.ts";
import { bare } from "../src/text/quote.ts";
import { askBot, LINE, NOT_TAKEN_IN } from "./ask-bot.ts";
import { consent } from "./consent.ts";
import { oneTask } from "./one-task.ts";
import { refuse } from "./refuse.ts";
import { UsageError } from "./usage-error.ts";
import { withRedis } from "./with-redis.ts";

export type SayOptions = { yes?: boolean; json?: boolean };
export type SayVerb = "tell" | "answer" | "approve" | "plan";

/** `no`: why there is nothing to be said. `question`: asked before, on a terminal, where it has work begin. */
type Meant = { command: Command; question?: string } | { no: string };

/**
 * `text`: the task; `words`: what is said. Exit code 0 once a bot has carried it out; 1 when there is none, it was refused or declined, or no bot
 * took it in. Throws UsageError.
 */
export async function say(
  env: Env,
  verb: SayVerb,
  { text, words = [] }: { text: string; words?: readonly string[] },
  options: SayOptions,
): Promise<number> {
  const said = words.join(" ").trim();
  if (verb !== "approve" && said === "") throw new UsageError(`orch ${verb} takes words behind the task`);
  return await withRedis(env, verb, async (redis) => {
    const found = await oneTask(redis, text);
    if ("lines" in found) return refuse(found.lines.join("\n"), options);
    return await ask(redis, env, { task: found.task, meant: MEANT[verb](found.task, said), options });
  });
}

type Saying = { task: Task; meant: Meant; options: SayOptions };

async function ask(redis: Redis, env: Env, { task, meant, options }: Saying): Promise<number> {
  if ("no" in meant) return refuse(meant.no, options);
  if (meant.question !== undefined && !(await consent(meant.question, options))) return 1;
  const { reply } = await askBot(redis, env, task, meant.command);
  if (!reply) return refuse(NOT_TAKEN_IN, options);
  const words = reply.say === undefined ? undefined : visibleText(reply.say);
  if (!reply.done) return refuse(words ?? "It was not carried out.", options);
  const { id } = task.spec;
  const line = `${id}  ${words ?? "done"}`;
  const answer = { task: id, ...(words !== undefined && { said: words }) };
  process.stdout.write(`${options.json ? JSON.stringify(answer) : line}\n`);
  return 0;
}

const MEANT: Record<SayVerb, (task: Task, said: string) => Meant> = {
  tell: ({ spec: { id } }, said) => ({ command: { kind: "tell", line: LINE, words: `${id} ${said}`, task: id } }),
  answer: (task, said) => {
    const question = questionMeant(task, said);
    if (typeof question === "string") return { no: question };
    const { id } = question;
    const words = questionNamed(said) === id ? said : `${id} ${said}`;
    return { command: { kind: "answer", line: LINE, words, task: id } };
  },
  approve: (task) => {
    const name = nameToDecideOn(task);
    if (name === undefined) return { no: nothingProposed(task) };
    const what = openProposal(task)?.said.title ?? "a change of its plan";
    const question = `Approve ${name} of ${task.spec.id} (${bare(what, 80)})?`;
    return { command: { kind: "approve", line: LINE, task: name }, question };
  },
  plan: (task, said) => {
    const name = nameToDecideOn(task);
    if (name === undefined) return { no: nothingProposed(task) };
    return { command: { kind: "plan", line: LINE, words: `${name} ${said}`, task: name } };
  },
};

const nothingProposed = ({ spec }: Task): string =>
  `${spec.id} has no proposal that waits for a decision: \`orch why ${spec.id}\` says how it stands.`;

/** Why none is meant, as a sentence; who is asked several things names one, which is never guessed. */
function questionMeant(task: Task, said: string): Question | string {
  const open = openQuestions(task);
  const named = open.find(({ id }) => id === questionNamed(said));
  const [only, ...others] = open;
  if (named) return named;
  if (!only) return `${task.spec.id} asks nothing just now: \`orch why ${task.spec.id}\` says how it stands.`;
  if (others.length === 0) return only;
  const lines = open.map(({ id, text }) => `  ${id}  ${bare(text, 100)}`);
  return [`${task.spec.id} asks several things; begin with the name of one:`, ...lines].join("\n");
}
