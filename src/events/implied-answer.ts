/**
 * A comment without a command that answers an agent's question all the same: it quotes the question and says something below, or it is
 * the number of an option and nothing else. Looked for only where the text has such a form, and only one question can be meant.
 */
import type { Command } from "../command/command.ts";
import { detailsOf } from "../command/details.ts";
import { isForPerson, openQuestions, type Question } from "../task/question.ts";
import type { TaskStore } from "../task/store.ts";
import { ofOpenTeams, withNodeTasks } from "../task/team-tasks.ts";

/** Of a question, so that a quoted word or two are no quote of it; in characters. */
const LEAST_QUOTED = 12;
/** What is longer is no answer. */
const MAX_BODY = 20_000;

type Where = { repositoryId: number; number: number };

/** The `answer` that it stands for; undefined when it stands for none. */
export async function impliedAnswer(
  store: TaskStore,
  { repositoryId, number }: Where,
  body: string,
): Promise<Command | undefined> {
  const form = body.length <= MAX_BODY ? formOf(body) : undefined;
  if (!form) return undefined;
  const own = await store.readMany(await store.idsOfConversation(repositoryId, { conversation: number, number }));
  const open = (await withNodeTasks(store, own, ofOpenTeams)).flatMap(openQuestions).filter(isForPerson);
  const meant = open.filter((question) => isMeant(question, form));
  const [question] = meant;
  if (!question || meant.length > 1 || ("option" in form && open.length > 1)) return undefined;
  const [first = "", ...below] = "option" in form ? [String(form.option)] : form.said.split("\n");
  return { line: 1, kind: "answer", words: `${question.id} ${first.trim()}`, ...detailsOf(below) };
}

type Form = { option: number } | { quoted: string; said: string };

function formOf(body: string): Form | undefined {
  const [, digit] = /^\s*#?([1-9])[.)]?\s*$/.exec(body) ?? [];
  if (digit !== undefined) return { option: Number(digit) };
  const lines = body.split(/\r\n|\n|\r/);
  const isQuoted = (line: string) => /^ {0,3}>/.test(line);
  if (!isQuoted(lines.find((line) => line.trim() !== "") ?? "")) return undefined;
  const quoted = lines.filter(isQuoted).join("\n");
  const said = lines
    .filter((line) => !isQuoted(line))
    .join("\n")
    .trim();
  return said === "" ? undefined : { quoted: readable(quoted), said };
}

function isMeant({ id, text, options = [] }: Question, form: Form): boolean {
  if ("option" in form) return form.option <= options.length;
  const asked = readable(text);
  if (form.quoted.includes(id) || form.quoted === asked) return true;
  // A short one stands in many a sentence of others.
  return (asked.length >= LEAST_QUOTED && form.quoted.includes(asked)) || isPartOf(asked, form.quoted);
}

const isPartOf = (asked: string, quoted: string): boolean =>
  quoted !== "" && quoted.length >= Math.min(LEAST_QUOTED, asked.length) && asked.includes(quoted);

/** As it reads on the page, on one line: a quote may be of the page or of its source. */
function readable(text: string): string {
  return text
    .replace(/^[\s>]+/gm, " ")
    .replace(/<[^>]{0,20}>|&#47;|[\\`*_]/g, (mark) => (mark === "&#47;" ? "/" : ""))
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
}
