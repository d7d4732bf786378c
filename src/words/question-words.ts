/**
 * An agent's questions, as people read them: in the progress comment, in the one comment that calls for an answer, and what is said to
 * an answer. Whatever the agent wrote pings nobody and commands nothing. Commands stand in code and never begin a line.
 */
import type { Answer, Question } from "../task/question.ts";
import { isOpen, openQuestions } from "../task/question.ts";
import type { Task } from "../task/task.ts";
import { blockQuote, code, mention, plain } from "../text/quote.ts";

/** Of an answer that is told in a line, in characters. */
const MAX_TOLD = 160;

/** The questions that wait for an answer, each as a block; undefined when there is none. */
export function openBlocks(task: Task): string | undefined {
  const open = openQuestions(task);
  if (open.length === 0) return undefined;
  const blocks = open.map((question) => `**The agent ${does(question)}** (${named(question)})\n\n${asked(question)}`);
  return [...blocks, howToAnswer(open)].join("\n\n");
}

/** The same of the nodes of a team's plan, in its comment. `node`: its id. */
export function nodeBlocks(open: readonly { node: string; question: Question }[]): string | undefined {
  if (open.length === 0) return undefined;
  const blocks = open.map(
    ({ node, question }) => `**Node ${code(node, 60)} ${does(question)}** (${named(question)})\n\n${asked(question)}`,
  );
  return [...blocks, howToAnswer(open.map(({ question }) => question))].join("\n\n");
}

const does = ({ blocker }: Question): string => (blocker ? "cannot go on" : "asks");
const named = ({ id, blocker }: Question): string =>
  blocker ? `blocker ${code(id)}, ${plain(blocker.kind, 40)}` : `question ${code(id)}`;

/** What became of those that are over, a line each. */
export function answeredFacts({ questions = [] }: Pick<Task, "questions">): string[] {
  return questions.filter((question) => !isOpen(question)).map(answeredFact);
}

function answeredFact({ id, answer }: Question): string {
  if (!answer) return `Question ${code(id)}: nobody answered in time, so the agent decided by itself`;
  return `Question ${code(id)}: ${whoAnswered(answer)} answered ${code(answer.text, MAX_TOLD)}`;
}

/**
 * The comment that calls for an answer: written once for each question, so that nobody is called again. `node`: of a team's plan, whose
 * agent asks.
 */
export function callForAnswer(task: Pick<Task, "spec">, question: Question, node?: string): string {
  const { actor, id } = task.spec;
  const whose = node === undefined ? `task ${code(id)}` : `node ${code(node, 60)} of the team of task ${code(id)}`;
  const asks = question.blocker ? "cannot go on without you" : "asks you";
  const who = actor
    ? `${mention(actor.login)}, the agent of ${whose} ${asks}`
    : `The agent of ${whose} ${does(question)}`;
  return [`${who} (${named(question)}):`, asked(question), howToAnswer([question])].join("\n\n");
}

function asked({ text, options = [], blocker }: Question): string {
  const quoted = blockQuote(text, 2_000);
  const needs = blocker?.needs === undefined ? [] : [`What would help, as it says:`, blockQuote(blocker.needs, 1_000)];
  const list = options.map((option, index) => `${index + 1}. ${plain(option, 200)}`).join("\n");
  return [quoted, ...needs, ...(list === "" ? [] : [list])].join("\n\n");
}

function howToAnswer(open: readonly Question[]): string {
  const [{ id = "", options = [] } = {}] = open;
  const number = open.some((each) => each.options?.length) ? ", or the number of an option" : "";
  const which = open.length > 1 ? ` Where several wait, the question's name goes first: \`/orch answer ${id} …\`.` : "";
  const example = options.length > 0 && open.length === 1 ? "`/orch answer 1`" : "`/orch answer …`";
  return `To answer, comment \`/orch answer\` and what you have to say${number} (${example}), or reply with a quote of the question. The answer may come from anybody with write permission here.${which}`;
}

/** Whoever answered need not hear of it again. */
function whoAnswered({ by, manager }: Answer): string {
  if (by) return code(by.login, 60);
  return manager ? "the manager of its team" : "the operator";
}

/** For an answer where no agent asks anything. */
export function nobodyAsks(): string {
  return "No agent asks anything here, so I have passed nothing on and started nothing. If you meant it as a request, say it in other words, without `answer` as the first one.";
}

/** For an answer to a question that is over. */
export function questionIsOver({ id, answer }: Question): string {
  if (!answer)
    return `Nobody answered question ${code(id)} in time, and the agent decided by itself, so your answer does not reach it. ${STILL}`;
  const who = answer.by || answer.manager ? whoAnswered(answer) : "the operator of this App";
  return `Question ${code(id)} has been answered already: ${who} wrote ${code(answer.text, MAX_TOLD)}. The first answer counts, so yours was not passed on. ${STILL}`;
}

/** For an answer to a question of a task that is over. */
export function taskIsOver(id: string): string {
  return `Task ${code(id)}, which asked that, is over, so your answer does not reach its agent. \`/orch\` and a request in your own words starts anew.`;
}

const STILL = "`/orch tell` and your words reach an agent that is still at work.";

/** For an answer that could be meant for several questions. */
export function whichQuestion(open: readonly { question: Question; task: string }[]): string {
  const list = open.map(
    ({ question, task }) => `- ${code(question.id)} (task ${code(task)}): ${code(question.text, 120)}`,
  );
  const first = open[0]?.question.id ?? "";
  return [
    `${open.length} questions wait for an answer here, and I do not know which one you mean. Put its name first, for example \`/orch answer ${first} …\`:`,
    "",
    ...list,
  ].join("\n");
}

/** For the number of an option that there is not. */
export function noSuchOption({ id, options = [] }: Question, number: number): string {
  return `Question ${code(id)} has no option ${number}: there are 1 to ${options.length}. I have passed nothing on. Should it be the answer all the same, say it in words.`;
}

export function answerTooLong(length: number, most: number): string {
  return `That is ${length.toLocaleString("en")} characters with what stands below it, and an answer has at most ${most.toLocaleString("en")}. It was not passed on. Say it in fewer words, or put the long part into a file or a link.`;
}

export function emptyAnswer(id: string): string {
  return `There is nothing behind the name, so question ${code(id)} is not answered. Write the answer on the same line, for example \`/orch answer ${id} the second one\`.`;
}
