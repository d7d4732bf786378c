/** What an agent is told of the task that it goes on from. What an earlier agent said may have been told it by anybody: data. */
import type { Finish } from "../../src/task/finish.ts";
import { keepEnd, keepStart, oneLine } from "../../src/text/bound.ts";
import { fenced } from "../../src/text/fenced.ts";
import type { HandOver } from "./prompt-input.ts";
import { told } from "./prompt-said.ts";

/** Characters. */
const limits = { instruction: 1_000, finish: 6_000, said: 500, words: 2_000 };

export function renderBefore(before: HandOver): string {
  return `# What went before\n\n${before.own ? begunElsewhere(before) : earlierTask(before)}${whatWasSaid(before)}`;
}

/** The same task, on a machine that cannot be had any more. */
function begunElsewhere({ ended, answers = [] }: HandOver): string {
  const asked = answers.length === 0 ? "" : `\nIt had asked:\n\n${answers.join("\n")}`;
  return `An earlier agent had begun with this task. ${oneLine(told(ended), 500)}\n${asked}`;
}

function earlierTask({ actor, instruction, ended, inSession }: HandOver): string {
  const who = inSession ? "You have" : "An earlier agent has";
  const asker = actor === undefined ? "the repository itself" : `@${oneLine(actor, 100)}`;
  return `${who} worked on this branch already, for a request by ${asker}; you go on from there. The files in the current
folder are as the branch stands now, which may have moved on since: look at \`git log\` before you rely on anything else.

The request was:

${fenced(keepStart(told(instruction), limits.instruction), "data")}

What became of it: ${oneLine(told(ended), 500)}
`;
}

function whatWasSaid({ finish, said, lastWords }: HandOver): string {
  return [
    titled("What was handed over with it:", finish ? keepStart(finished(finish), limits.finish) : ""),
    titled("How far it had come, as it said while it worked:", keepEnd(told(said ?? ""), limits.said)),
    titled("The last words about it:", keepEnd(told(lastWords), limits.words)),
  ].join("");
}

const titled = (title: string, text: string): string =>
  text.trim() === "" ? "" : `\n${title}\n\n${fenced(text, "data")}\n`;

/** What it said of its finished work, as plain text. */
export function finished({ title, summary, decisions, interfaces, followUps }: Finish): string {
  const parts = [
    `${oneLine(told(title), 200)}\n\n${told(summary)}`,
    list("Decided on the way:", decisions),
    list("To build on:", interfaces),
    list("Left to do:", followUps),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function list(head: string, entries: readonly string[]): string {
  return entries.length === 0 ? "" : [head, ...entries.map((each) => `- ${oneLine(told(each), 400)}`)].join("\n");
}
