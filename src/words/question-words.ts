/**
 * An agent's questions, as people read them: in the progress comment, in the one comment that calls for an answer, and what is said to
 * an answer. Whatever the agent wrote pings nobody and commands nothing. Commands stand in code and never begin a line.
 */
import type { Question } from "../task/question.ts";
import { isOpen, openQuestions } from "../task/question.ts";
import type { Task } from "../task/task.ts";
import { blockQuote, code, mention, plain } from "../text/quote.ts";

/** Of an answer that is told in a line, in characters. */
const MAX_TOLD = 160;

/** The questions that wait for an answer, each as a block; undefined when there is none. */
export function openBlocks(task: Task): string | undefined {
  const open = openQuestions(task);
  if (open.length === 0) return undefined;
  const blocks = open.map((question) => `**The agent asks** (question ${code(question.id)})\n\n${asked(question)}`);
  return [...blocks, howToAnswer(open)].join("\n\n");
}

/** What became of those that are over, a line each. */
export function answeredFacts({ questions = [] }: Pick<Task, "questions">): string[] {
  return questions.filter((question) => !isOpen(question)).map(answeredFact);
}

function answeredFact({ id, answer }: Question): string {
  if (!answer) return `Question ${code(id)}: nobody answered in time, so the agent decided by itself`;
  return `Question ${code(id)}: ${answer.by ? mentionless(answer.by.login) : "the operator"} answered ${code(answer.text, MAX_TOLD)}`;
}

/** The comment that calls for an answer: written once for each question, so that nobody is called again. */
export function callForAnswer(task: Task, question: Question): string {
  const { actor, id } = task.spec;
  const who = actor
    ? `${mention(actor.login)}, the agent of task ${code(id)} asks you`
    : `The agent of task ${code(id)} asks`;
  return [`${who} (question ${code(question.id)}):`, asked(question), howToAnswer([question])].join("\n\n");
}

function asked({ text, options = [] }: Question): string {
  const quoted = blockQuote(text, 2_000);
  const list = options.map((option, index) => `${index + 1}. ${plain(option, 200)}`).join("\n");
  return list === "" ? quoted : `${quoted}\n\n${list}`;
}

function howToAnswer(open: readonly Question[]): string {
  const [{ id = "", options = [] } = {}] = open;
  const number = open.some((each) => each.options?.length) ? ", or the number of an option" : "";
  const which = open.length > 1 ? ` Where several wait, the question's name goes first: \`/orch answer ${id} …\`.` : "";
  const example = options.length > 0 && open.length === 1 ? "`/orch answer 1`" : "`/orch answer …`";
  return `To answer, comment \`/orch answer\` and what you have to say${number} (${example}), or reply with a quote of the question. The answer may come from anybody with write permission here.${which}`;
}

/** Whoever answered need not hear of it again. */
const mentionless = (login: string): string => code(login, 60);

/** For an answer where no agent asks anything. */
export function nobodyAsks(): string {
  return "No agent asks anything here, so I have passed nothing on and started nothing. If you meant it as a request, say it in other words, without `answer` as the first one.";
}

/** For an answer to a question that is over. */
export function questionIsOver({ id, answer }: Question): string {
  if (!answer)
    return `Nobody answered question ${code(id)} in time, and the agent decided by itself, so your answer does not reach it. ${STILL}`;
  const who = answer.by ? code(answer.by.login, 60) : "the operator of this App";
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
