/**
 * What the bot answers to a command: every sentence of its replies, as pure functions. What it says about a task's way
 * and end is in `src/words`. Commands stand in code and never begin a line, so that no reply is a command itself.
 */
import { prose } from "../text/prose.ts";
import { code, fence, inMarkdown, mention, plain } from "../text/quote.ts";
import type { Conversation } from "../views/conversation.ts";
import type { IssueView, LogView } from "../views/reader.ts";
import type { TaskView } from "../views/task-view.ts";
import type { Why } from "../views/why.ts";
import { budgetLine } from "../words/budget-words.ts";
import { nextStep } from "../words/next-step.ts";
import { whoAsked } from "../words/origin-words.ts";
import { evidenceTitles } from "../words/outcome-words.ts";
import { nodeLine } from "../words/plan-words.ts";
import { spentWords } from "../words/spent-words.ts";
import { standing } from "../words/task-words.ts";
import { whyWords } from "../words/why-words.ts";

export { help } from "./help.ts";

export function refusedNoPermission(login: string): string {
  return `${mention(login)}, I only take requests from people with write permission to this repository, and GitHub says that you have none. Ask a maintainer to make the request.`;
}

export function forkNotYet(): string {
  return "This pull request comes from a fork. I cannot push to a fork, and I do not run a fork's code yet, so I have not started. Push the branch to this repository, open a pull request from there, and ask again.";
}

/** For a pull request whose own branch is the default branch, e.g. one from `main` to `production`. */
export function fromDefaultBranch(branch: string): string {
  return `The branch of this pull request, ${code(branch)}, is the repository's default branch. I never push there, so I have not started. Ask on an issue instead: you then get a pull request to review.`;
}

/** For an issue or pull request that is not open; `goneBranch` when the pull request has lost its branch, too. */
export function closed(kind: "issue" | "pull", goneBranch?: string): string {
  if (goneBranch !== undefined)
    return `This pull request is closed and its branch ${code(goneBranch)} no longer exists, so I have not started. Restore the branch, reopen the pull request and ask again, or ask on an open one.`;
  const thing = kind === "issue" ? "issue" : "pull request";
  return `This ${thing} is closed, so I have not started. Reopen it and ask again.`;
}

export function cancelled(count: number): string {
  return count === 1
    ? "The task is being cancelled. Its progress comment says when that is done."
    : `${count} tasks are being cancelled. Their progress comments say when that is done.`;
}

/** `named`: the task that was meant by its id. */
export function nothingToCancel(named?: string): string {
  if (named !== undefined) return `There is nothing to cancel: task ${code(named)} is over already.`;
  return "There is nothing to cancel: no task of this issue or pull request is queued or running.";
}

/** For a word behind `cancel` that begins no id of a task here. */
export function noSuchTask(name: string): string {
  return `${noTaskCalled(name)}, so I have cancelled nothing and started nothing. ${IDS}`;
}

/** For `why` and `logs`. `name`: the word behind them that begins no id of a task here. */
export function noTaskToTellOf(name: string | undefined): string {
  return name === undefined ? NO_TASK_YET : `${noTaskCalled(name)}. ${IDS}`;
}

/** For `retry`. */
export function nothingToRetry(name: string | undefined): string {
  return name === undefined
    ? `There is nothing to do again. ${NO_TASK_YET}`
    : `${noTaskCalled(name)}, so I have started nothing. ${IDS}`;
}

/** For `retry` of a task that is not over. */
export function stillOpen(id: string): string {
  return `Task ${code(id)} is not over yet, so I have not started it again. \`/orch why\` says how it stands; \`/orch cancel\` stops it.`;
}

const NO_TASK_YET =
  "There are no tasks here yet. `/orch` and a request in your own words starts one; `/orch help` shows more.";

const noTaskCalled = (name: string): string =>
  `No task of this issue or pull request has an id that begins with ${code(name, 60)}`;
const IDS = "`/orch status` shows the ids; if you meant it as a request, say it in a few more words.";

/** For `then` with an id of no task here. */
export function nothingToFollow(id: string): string {
  return `There is no task ${code(id, 60)} here, so I have started nothing. \`/orch status\` shows the ids.`;
}

/** For `then` with an id and nothing behind it. */
export function nothingToFollowWith(): string {
  return "There is nothing behind the id, so I have started nothing. Write what is to be done on the same line, for example `/orch then tab2c update the docs`.";
}

/** For `then` behind a task whose pull request is merged or closed. */
export function pullRequestIsOver(number: number): string {
  return `Pull request #${number} of the task before it is not open any more, so this one starts anew, from the branch that the earlier one started from.`;
}

/** For `then` with a `base=`. */
export function baseBehind(): string {
  return "It goes on where the task before it is, so `base=` is not possible with `then` and I have not started. Ask again without it.";
}

/** For a `base=` that is no branch. */
export function noSuchBranch(branch: string): string {
  return `This repository has no branch ${code(branch, 255)}, so I have not started. Create it, or ask again with the name of one that there is.`;
}

/** For a `base=` on a pull request. */
export function baseOnPull(): string {
  return "A pull request has its base already, and the work goes to its own branch, so `base=` is not possible here and I have not started. Ask again without it, or on an issue.";
}

/** For a request with more text below it than an agent is told; with a label that text is the description, by whomever. */
export function detailsCut(left: number, isDescription: boolean): string {
  const what = isDescription ? "The description" : "What you wrote below your request";
  return `${what} is too long for me: the last ${left.toLocaleString("en")} characters of it do not reach the agent. It has started with the rest. If the end matters, cancel the task and put the long part into a file or a link.`;
}

/** For an agent that no worker host has. */
export function noSuchAgent(agent: string, known: readonly string[]): string {
  const names = known.map((name) => code(name, 60)).join(", ");
  return `No worker host has offered the agent ${code(agent, 60)} within the last seven days, so I have not started. There are: ${names}. Name one of them, by \`agent=\` before the request or in \`.github/orch.yml\`, or have the operator of this App set that one up, and ask again.`;
}

/** For `review` on an issue. */
export function reviewOnIssue(): string {
  return "An issue has no changes to review, so I have not started. Write `/orch review` on a pull request.";
}

/** For a program whose request could not be taken in. */
export function closedToUs(): string {
  return "GitHub does not let me into this repository, or does not show what was asked about, so I have done nothing. Have the owner of the App's installation look at it, then ask again under another key.";
}

/** For work in a role that the repository does not want. */
export function roleIsOff(role: string): string {
  return `This repository has switched the role ${code(role, 60)} off (\`roles\` in \`.github/orch.yml\`), so I have not started.`;
}

export function tooManyCommands(max: number): string {
  return `That is more than ${max} commands in one comment, so I have carried out none of them. Spread them over several comments.`;
}

/** What `/orch status` answers: the newest task first, and what came of them together. */
export function status({ tasks, conversation, budget, inDoubt, now }: IssueView): string {
  if (tasks.length + inDoubt.length === 0) {
    return NO_TASK_YET;
  }
  const own = tasks.filter(({ task }) => task.origin.kind !== "node");
  const newestFirst = own.toSorted((one, other) => other.task.acceptedAt - one.task.acceptedAt);
  const lines = newestFirst
    .slice(0, STATUS_LINES)
    .flatMap((each) => [statusLine(each, now), ...nodeLines(each, now).map((line) => `  ${line}`)]);
  const more = own.length > STATUS_LINES ? [`- … and ${own.length - STATUS_LINES} older.`] : [];
  const together = [togetherLine(conversation), budgetLine(budget, inMarkdown) ?? ""].filter(Boolean).join(" ");
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

/** Of a team that is not over: how each node stands. */
const nodeLines = ({ team, state }: Why, now: number): string[] =>
  state === "settled" ? [] : (team?.nodes ?? []).map((node) => `- ${nodeLine(node, now, inMarkdown)}`);

const STATUS_LINES = 10;

/** What it waits for stands there; what a person may do about an end, its progress comment says. */
function statusLine(why: Why, now: number): string {
  const { id, request } = why.task;
  const next = why.state === "waiting" || why.state === "queued" ? `. ${nextStep(why, inMarkdown)}` : "";
  return `- **${plain(standing(why.task, now))}** – ${plain(request, 120)} (task \`${id}\`, by ${whoAsked(why.task, inMarkdown)})${next}`;
}

/** What `/orch why` answers: the sentences of `orch why`, and what an end rests on. */
export function why({ answer, now }: { answer: Why; now: number }): string {
  const evidence = answer.state === "settled" ? answer.evidence : [];
  const next = answer.state === "settled" ? [`**Next:** ${nextStep(answer, inMarkdown)}`] : [];
  const shown = evidence.flatMap(({ what, text }) =>
    folded(evidenceTitles[what], what === "summary" ? prose(text) : fence(text)),
  );
  const nodes = nodeLines(answer, now).join("\n");
  const words = whyWords(answer, now, inMarkdown).join(" ");
  return [about(answer.task, now), words, ...(nodes === "" ? [] : [nodes]), ...shown, ...next].join("\n\n");
}

/** What `/orch logs` answers. */
export function logs({ task, lines, now }: LogView): string {
  const block = fence(lines.join("\n"), { lines: LOG_LINES, chars: LOG_CHARS });
  const shown = block === undefined ? ["Its agent has said nothing so far."] : folded("Last lines", block);
  return [about(task, now), ...shown].join("\n\n");
}

const LOG_LINES = 60;
const LOG_CHARS = 8_000;

const about = (task: TaskView, now: number): string =>
  `Task ${code(task.id)}, **${plain(standing(task, now))}**: ${plain(task.request, 200)}`;

function folded(title: string, block: string | undefined): string[] {
  return block === undefined ? [] : [`<details><summary>${title}</summary>\n\n${block}\n\n</details>`];
}

/** A label stands for what whoever set it has read. */
export function editedBefore(login: string): string {
  return `${code(login, 60)} edited the title or the description less than a minute before the label was set, and may not write to this repository. So I have not started: what I was told may not be what you have read. Read it again, then set the label again.`;
}
