/**
 * What a program is told of a task that it asked for: plain data, in which every text of an agent or a person is bounded and without
 * credentials. The same for both doors.
 */
import { z } from "zod";
import type { CallerReply } from "../task/caller-replies.ts";
import type { HostView } from "../task/hosts.ts";
import type { SentMessage } from "../task/messages.ts";
import { isByProgram } from "../task/origin.ts";
import { isOwnPlace } from "../task/own-place.ts";
import { nameToDecideOn } from "../task/proposal.ts";
import { isForPerson, isOpen, openQuestions, type Question } from "../task/question.ts";
import { PHASES, progressOf, type Task } from "../task/task.ts";
import { cut } from "../text/bound.ts";
import { visibleText } from "../text/clean.ts";
import { bare, inTerminal } from "../text/quote.ts";
import { redact } from "../text/secret-patterns.ts";
import { evidenceOf, outcomeView } from "../views/outcome-view.ts";
import { taskView } from "../views/task-view.ts";
import { why } from "../views/why.ts";
import { headline } from "../words/task-words.ts";
import { whyWords } from "../words/why-words.ts";
import type { AskedTask } from "./asked.ts";

const time = z.iso.datetime();

const questionShape = z
  .object({
    id: z.string(),
    text: z.string(),
    options: z.array(z.string()).optional(),
    askedAt: time,
    node: z.string().optional().describe("Of a team: the node whose agent asks."),
    /** It waits for an answer. */
    open: z.boolean(),
    answer: z.string().optional(),
  })
  .meta({ id: "Question", description: "What the agent asks. `open`: it waits for the answer." });

const messageShape = z
  .object({ id: z.string(), state: z.enum(["waits", "delivered", "undelivered"]) })
  .meta({ id: "Message", description: "What was said to the agent, and whether it has heard it." });

const pullRequestShape = z
  .object({ number: z.int(), url: z.string(), draft: z.boolean().optional(), sha: z.string().optional() })
  .meta({ id: "PullRequest" });

const outcomeShape = z
  .looseObject({ kind: z.string().describe("As in docs/operations.md, e.g. pull_request, no_changes, verify_failed.") })
  .meta({ id: "Outcome" });

const useShape = z
  .object({
    runs: z.int(),
    inputTokens: z.number().optional(),
    outputTokens: z.number().optional(),
    costUsd: z.number().optional(),
  })
  .meta({ id: "Use", description: "What its runs have used, as far as their agents say." });

export const taskAnswerShape = z
  .object({
    id: z.string(),
    repository: z.string().describe("owner/name"),
    issue: z.int().optional().describe("None: it reports to you alone."),
    instruction: z.string(),
    askedAt: time,
    state: z
      .enum(["asked", "refused", "waiting", "queued", "running", "settled"])
      .describe(
        "asked: not taken in yet. refused: it never became a task, `says` has the reason. settled: see `outcome`.",
      ),
    over: z.boolean().describe("Nothing about it changes any more."),
    since: time.describe("Since when it is in that state."),
    headline: z.string(),
    says: z.array(z.string()).describe("How it stands and why, in sentences."),
    phase: z.enum(PHASES).optional(),
    agent: z.string().optional(),
    model: z.string().optional(),
    progress: z.string().optional().describe("What its agent said last of what it is at. Hostile text."),
    questions: z.array(questionShape),
    messages: z.array(messageShape),
    proposal: z
      .string()
      .optional()
      .describe(
        "Name of what its agent proposes, or would change in its plan beyond what was approved; a person approves it on GitHub.",
      ),
    plan: z.string().optional().describe("A team works on it: id of its plan, for /v1/plans/{id}."),
    outcome: outcomeShape.optional(),
    summary: z
      .string()
      .optional()
      .describe("What its agent said of its finished work, or the end of its output. Hostile text."),
    pullRequest: pullRequestShape.optional(),
    use: useShape.optional(),
  })
  .meta({ id: "Task" });

export type TaskAnswer = z.output<typeof taskAnswerShape>;

/** Of a longer text, in characters. */
const MAX_TEXT = 4_000;

const timeOf = (ms: number): string => new Date(ms).toISOString();
const text = (hostile: string): string => cut(redact(visibleText(hostile)), MAX_TEXT);

type Base = Pick<TaskAnswer, "id" | "repository" | "issue" | "instruction" | "askedAt">;

function baseOf(id: string, { repository, number, instruction, at }: AskedTask): Base {
  return {
    id,
    repository: `${repository.owner}/${repository.name}`,
    ...(!isOwnPlace(number) && { issue: number }),
    instruction: text(instruction),
    askedAt: timeOf(at),
  };
}

/** Before there is a task, or where none came of it. */
export function answerWithoutTask(id: string, asked: AskedTask, reply: CallerReply | undefined): TaskAnswer {
  const refused = reply !== undefined && !reply.done;
  return {
    ...baseOf(id, asked),
    state: refused ? "refused" : "asked",
    over: refused,
    since: timeOf(asked.at),
    headline: refused ? "Refused" : "Asked for",
    says: refused && reply.say !== undefined ? [text(reply.say)] : [],
    questions: [],
    messages: [],
  };
}

/** `nodes`: the tasks of a team's nodes, whose agents ask in its place. */
export type Known = {
  hosts: readonly HostView[];
  sent: readonly SentMessage[];
  nodes?: readonly Task[];
  now: number;
};

export function answerOf(asked: AskedTask, task: Task, { hosts, sent, nodes = [], now }: Known): TaskAnswer {
  const { spec, state } = task;
  const proposal = nameToDecideOn(task);
  const view = taskView(task, hosts);
  const { model, said } = progressOf(task);
  const pullRequest = pullRequestOf(task);
  return {
    ...baseOf(spec.id, asked),
    state: state.name,
    over: state.name === "settled",
    since: timeOf(view.since),
    headline: headline(task),
    says: whyWords(why(task, { hosts, now }), now, inTerminal),
    ...(view.phase !== undefined && { phase: view.phase }),
    ...(view.agent !== undefined && { agent: view.agent }),
    ...(model !== undefined && { model: bare(model, 80) }),
    ...(said !== undefined && { progress: text(said) }),
    questions: [task, ...nodes].flatMap(questionsOf),
    messages: sent
      .filter(({ source }) => source !== undefined && isByProgram(source))
      .map((message) => messageOf(task, message)),
    ...(proposal !== undefined && { proposal }),
    ...(spec.team && { plan: spec.id }),
    ...endOf(task),
    ...(pullRequest && { pullRequest }),
    ...(task.runs.length > 0 && { use: useOf(task) }),
  };
}

const questionsOf = (task: Task): TaskAnswer["questions"] =>
  (task.questions ?? []).filter(isForPerson).map((question) => questionOf(task, question));

function questionOf(task: Task, question: Question): TaskAnswer["questions"][number] {
  const { id, options, askedAt, answer } = question;
  return {
    id,
    text: text(question.text),
    ...(options && { options: options.map((option) => text(option)) }),
    askedAt: timeOf(askedAt),
    ...(task.spec.node && { node: bare(task.spec.node.id, 40) }),
    open: isOpen(question) && openQuestions(task).includes(question),
    ...(answer && { answer: text(answer.text) }),
  };
}

function messageOf({ state }: Task, { id, fate }: SentMessage): TaskAnswer["messages"][number] {
  if (fate === "delivered") return { id, state: "delivered" };
  return { id, state: fate === "dead" || state.name === "settled" ? "undelivered" : "waits" };
}

function endOf(task: Task): Pick<TaskAnswer, "outcome" | "summary"> {
  if (task.state.name !== "settled") return {};
  const { outcome } = task.state;
  const [evidence] = evidenceOf(task, outcome);
  return { outcome: outcomeView(outcome), ...(evidence && { summary: text(evidence.text) }) };
}

function pullRequestOf({ state, pullRequest, pushed }: Task): TaskAnswer["pullRequest"] {
  const found = state.name === "settled" && state.outcome.kind === "pull_request" ? state.outcome : pullRequest;
  if (!found) return undefined;
  const { number, url, draft } = found;
  return { number, url: bare(url, 300), ...(draft !== undefined && { draft }), ...(pushed && { sha: pushed.sha }) };
}

function useOf({ runs }: Task): TaskAnswer["use"] {
  const sum = (what: "inputTokens" | "outputTokens" | "costUsd") => {
    const known = runs.flatMap(({ progress }) => progress[what] ?? []);
    return known.length === 0 ? {} : { [what]: known.reduce((total, each) => total + each, 0) };
  };
  return { runs: runs.length, ...sum("inputTokens"), ...sum("outputTokens"), ...sum("costUsd") };
}
