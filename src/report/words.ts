/**
 * What the bot answers to a command: every sentence of its replies, as pure functions. What it says about a task's way
 * and end is in `src/words`. Commands stand in code and never begin a line, so that no reply is a command itself.
 */
import { code, inMarkdown, mention, plain } from "../text/quote.ts";
import type { Conversation } from "../views/conversation.ts";
import type { IssueView } from "../views/reader.ts";
import type { Why } from "../views/why.ts";
import { nextStep } from "../words/next-step.ts";
import { spentWords } from "../words/spent-words.ts";
import { standing } from "../words/task-words.ts";

const HELP = [
  "Write a line that starts with `/orch` in a comment on an issue or a pull request:",
  "",
  "- `/orch fix the failing tests` – any request in your own words. An agent works on it and comes back with a draft pull request; on a pull request it works on that pull request's branch.",
  "- `/orch status` – the tasks of this issue or pull request.",
  "- `/orch cancel` – stops the tasks of this issue or pull request that are not over; with a task's id, or its beginning, only that one. The id stands at the foot of the progress comment.",
  "- `/orch help` – this text.",
  "",
  "What you write below a request belongs to it. Several lines with `/orch` are several commands, at most ten in a comment. Lines in code blocks, quotes and HTML comments are ignored, and so are later edits of a comment. Commands are taken from people with write permission, and but for the title only texts by them reach the agent: quote below your request what else it should know.",
].join("\n");

export function help(): string {
  return HELP;
}

export function refusedNoPermission(login: string): string {
  return `${mention(login)}, I work only for people with write permission to this repository, and as far as GitHub tells me you have none. Have a maintainer ask for it.`;
}

export function forkNotYet(): string {
  return "This pull request comes from a fork. I cannot push to a fork, and I do not yet run a fork's code on the worker hosts, so I have not started. Push the branch to this repository, open a pull request from there, and ask again.";
}

/** For a pull request whose own branch is the default branch, e.g. one from `main` to `production`. */
export function fromDefaultBranch(branch: string): string {
  return `The branch of this pull request, ${code(branch)}, is the repository's default branch. I never push there, so I have not started. Ask on an issue instead: the work then comes as a pull request of its own, for you to review.`;
}

/** For an issue or pull request that is not open; `goneBranch` when the pull request has lost its branch, too. */
export function closed(kind: "issue" | "pull", goneBranch?: string): string {
  if (goneBranch !== undefined)
    return `This pull request is closed and its branch ${code(goneBranch)} does not exist any more, so I have not started. Restore the branch, reopen the pull request and ask again, or ask on an open one.`;
  const thing = kind === "issue" ? "issue" : "pull request";
  return `This ${thing} is closed, so I have not started. Reopen it and ask again.`;
}

export function cancelled(count: number): string {
  return count === 1
    ? "The task is being cancelled. Its progress comment tells when that is done."
    : `${count} tasks are being cancelled. Their progress comments tell when that is done.`;
}

export function nothingToCancel(): string {
  return "There is nothing to cancel: no task of this issue or pull request is queued or running.";
}

/** For a word behind `cancel` that begins no id of a task here. */
export function noSuchTask(name: string): string {
  return `No task of this issue or pull request has an id that begins with ${code(name, 60)}, so I have cancelled nothing and started nothing. \`/orch status\` shows the ids; if you meant it as a request, say it in a few more words.`;
}

/** For an agent that no worker host has. */
export function noSuchAgent(agent: string, known: readonly string[]): string {
  const names = known.map((name) => code(name, 60)).join(", ");
  return `No worker host has offered the agent ${code(agent, 60)} within the last seven days, so I have not started. There are: ${names}. Name one of them in \`.github/orch.yml\`, or have the operator of this App set that one up, and ask again.`;
}

/** For a lone word that looks like a mistyped command. */
export function didYouMean(verb: string): string {
  return `Did you mean \`/orch ${verb}\`? I have not started anything. If you meant it as a request, say it in a few more words; \`/orch help\` shows what I understand.`;
}

/** For a lone word that may mean something one day. */
export function notAVerbYet(word: string): string {
  return `\`/orch ${word}\` means nothing to me yet, and I have not started anything. If you meant it as a request, say it in a few more words; \`/orch help\` shows what I understand.`;
}

/** For a line that bears no `>` but follows a quote without an empty line between. */
export function partOfQuote(): string {
  return "GitHub shows your command as part of the quote above it, so I have not carried it out. Put an empty line between the quote and the command.";
}

/** For a line that follows HTML, e.g. a pasted picture, without an empty line between. */
export function partOfHtml(): string {
  return "GitHub takes your command for a part of the HTML above it, which goes on to the next empty line, so I have not carried it out. Put an empty line above the command.";
}

/** For a comment whose Markdown takes too long to read. */
export function unreadable(): string {
  return "This comment is too long or too deeply nested for me to read, so I have not carried out anything. Give the command in a shorter comment.";
}

export function tooManyCommands(max: number): string {
  return `That is more than ${max} commands in one comment, so I have carried out none of them. Spread them over several comments.`;
}

export function instructionTooLong(max: number): string {
  return `That request is longer than ${max.toLocaleString("en")} characters, so I have not started. Say it in fewer words, or put the details on the lines below the command.`;
}

/** What `/orch status` answers: the newest task first, and what came of them together. */
export function status({ tasks, conversation, inDoubt, now }: IssueView): string {
  if (tasks.length + inDoubt.length === 0) {
    return "No task has been given here yet. `/orch` and a request in your own words starts one; `/orch help` shows more.";
  }
  const newestFirst = tasks.toSorted((one, other) => other.task.acceptedAt - one.task.acceptedAt);
  const lines = newestFirst.slice(0, STATUS_LINES).map((each) => statusLine(each, now));
  const more = tasks.length > STATUS_LINES ? [`- … and ${tasks.length - STATUS_LINES} older.`] : [];
  const together = togetherLine(conversation);
  return [...lines, ...more, ...inDoubt.map(doubtLine), ...(together === "" ? [] : ["", together])].join("\n");
}

function doubtLine(id: string): string {
  return `- **in doubt** – the record of task ${code(id)} is newer than this Orch or cannot be read; \`orch doctor\` tells the operator of this App what to do.`;
}

function togetherLine({ pullRequests, spent }: Conversation): string {
  const pulls = pullRequests.map(({ number }) => `#${number}`).join(", ");
  const used = spentWords(spent);
  return [
    ...(pulls === "" ? [] : [`Pull requests: ${pulls}.`]),
    ...(used === undefined ? [] : [`Used: ${used}.`]),
  ].join(" ");
}

const STATUS_LINES = 10;

/** What it waits for stands there; what a person may do about an end, its progress comment says. */
function statusLine(why: Why, now: number): string {
  const { id, request, actor } = why.task;
  const next = why.state === "waiting" || why.state === "queued" ? `. ${nextStep(why, inMarkdown)}` : "";
  return `- **${plain(standing(why.task, now))}** – ${plain(request, 120)} (task \`${id}\`, by ${code(actor, 60)})${next}`;
}
