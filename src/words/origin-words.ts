/**
 * How the bot says who asked and by what, what it says when that was taken back, and how to ask once more: the words for each
 * kind of origin.
 */
import { shortId } from "../task/branch.ts";
import { isWritten, type Origin, type OriginKind, type OriginOf } from "../task/origin.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { inMarkdown, plain, type Quoting } from "../text/quote.ts";
import type { TaskView } from "../views/task-view.ts";

type Words<From extends Origin> = {
  /** `where`: nothing, or e.g. " in #7". */
  asked: (origin: From, who: string, where: string, quoting: Quoting) => string;
  /** What asks where no person does, as it stands behind "by". */
  itself?: (origin: From, quoting: Quoting) => string;
  takenBack: (origin: From, who: string, quoting: Quoting) => string;
  /** What to do, as it stands behind "then". */
  again: (origin: From, task: string, quoting: Quoting) => string;
};

/** As it stands behind "then". */
export const ASK_ANEW = "give the command again in a new comment";
const inAComment = (_: Origin, task: string) => `comment ${retryOf(task)}`;
const deletedComment = (_: Origin, who: string) => `${who} deleted the comment with the command`;

const words: { [Kind in OriginKind]: Words<OriginOf<Kind>> } = {
  comment: {
    asked: (_, who, where) => `${who} asked${where}:`,
    takenBack: deletedComment,
    again: inAComment,
  },
  body: {
    asked: (_, who, where) => `${who} asked in the description${where}:`,
    takenBack: (_, who) => `${who} took back what the description asked for`,
    again: inAComment,
  },
  review_comment: {
    asked: (_, who, where) => `${who} asked in a review comment${where}:`,
    takenBack: deletedComment,
    again: inAComment,
  },
  review: {
    asked: (_, who, where) => `${who} asked in a review${where}:`,
    takenBack: (_, who) => `${who} took back the review with the command`,
    again: inAComment,
  },
  label: {
    asked: ({ label }, who, where, { code }) => `${who} set the label ${code(label, 60)}${where}:`,
    takenBack: ({ label }, who, { code }) => `${who} removed the label ${code(label, 60)}`,
    again: ({ label }, _, { code }) => `set the label ${code(label, 60)} again`,
  },
  check: {
    asked: (_, who, where) => `${who} asked for it at the check${where}:`,
    takenBack: (_, who) => `${who} took back what was asked for at the check`,
    again: () => "re-run the check",
  },
  schedule: {
    asked: ({ name }, _, where, { code }) => `The schedule ${code(name, 60)} asked${where}:`,
    itself: ({ name }, { code }) => `the schedule ${code(name, 60)}`,
    takenBack: ({ name }, who, { code }) => `${who} took back what the schedule ${code(name, 60)} asked for`,
    again: (from, task) => `${inAComment(from, task)}, or wait for the schedule`,
  },
  cli: {
    asked: ({ by }, _, where, { code }) => `The operator ${code(by, 60)} asked${where}:`,
    itself: ({ by }, { code }) => `the operator ${code(by, 60)}`,
    takenBack: ({ by }, who, { code }) => `${who} took back what the operator ${code(by, 60)} asked for`,
    again: inAComment,
  },
  api: {
    asked: ({ client }, who, where, { code }) => `${who} asked by ${code(client, 60)}${where}:`,
    takenBack: ({ client }, who, { code }) => `${who} took back what was asked by ${code(client, 60)}`,
    again: () => "ask for it again under a key of its own",
  },
  dashboard: {
    asked: ({ by }, who, where, { code }) =>
      `${by === undefined ? who : `The operator ${code(by, 60)}`} asked at the dashboard${where}:`,
    itself: ({ by = "" }, { code }) => `the operator ${code(by, 60)}`,
    takenBack: (_, who) => `${who} took back what was asked for at the dashboard`,
    again: inAComment,
  },
  node: {
    asked: ({ node, plan }, who, where, { code }) =>
      `${who} asked for the plan ${code(plan)}, of which this is the node ${code(node, 60)}${where}:`,
    itself: ({ node, plan }, { code }) => `the node ${code(node, 60)} of the plan ${code(plan)}`,
    takenBack: ({ plan }, who, { code }) => `${who} took back what asked for the plan ${code(plan)}`,
    again: ({ plan }) => `comment ${retryOf(plan)}, which does the plan's request once more`,
  },
  round: {
    asked: ({ task }, who, where, { code }) =>
      `${who} asked for the review of which this is a round${where}, after task ${code(task)}:`,
    itself: ({ task }, { code }) => `the round after task ${code(task)}`,
    takenBack: ({ task }, who, { code }) => `${who} took back the review that task ${code(task)} belongs to`,
    again: inAComment,
  },
};

const wordsOf = ({ kind }: Origin) => words[kind] as Words<Origin>;

/** Markdown: who asked, with a link to where it stands; `number`: under which issue or pull request, where that is not plain. */
export function askedBy({ origin, actor }: TaskSpec, webUrl: string, number?: number): string {
  const who = actor ? plain(actor.login, 60) : byItself(origin, inMarkdown);
  const url = urlOf(origin, webUrl);
  const where = number === undefined ? "" : ` in #${number}`;
  return wordsOf(origin).asked(origin, url === undefined ? who : `[${who}](${url})`, where, inMarkdown);
}

/** Who asked, or what did, as it stands behind "by". */
export const whoAsked = ({ origin, actor }: Pick<TaskView, "origin" | "actor">, quoting: Quoting): string =>
  actor === undefined ? byItself(origin, quoting) : quoting.code(actor, 60);

const byItself = (origin: Origin, quoting: Quoting): string =>
  wordsOf(origin).itself?.(origin, quoting) ?? "the repository itself";

export const takenBack = (origin: Origin, login: string, quoting: Quoting): string =>
  wordsOf(origin).takenBack(origin, quoting.code(login, 60), quoting);

/** Code: the command that has the task done again, whatever else has been asked for there since. */
export const retryOf = (task: string): string => `\`/orch retry ${shortId(task)}\``;

/** What to do for another try of the task, as it stands behind "then". */
export const askAgain = (origin: Origin, task: string, quoting: Quoting): string =>
  wordsOf(origin).again(origin, task, quoting);

/** The same with what the agent should know besides, which only what is written can say by itself. */
export function askAgainKnowing(origin: Origin, task: string, quoting: Quoting): string {
  return isWritten(origin)
    ? `${ASK_ANEW} and say what the agent should know`
    : `say in a comment what the agent should know, and ${askAgain(origin, task, quoting)}`;
}

/** Comes from a signed delivery; checked all the same, because it stands outside of any quoting. */
function urlOf(origin: Origin, webUrl: string): string | undefined {
  if (!isWritten(origin)) return undefined;
  return origin.url.startsWith(`${webUrl}/`) && /^[\w:/.#-]+$/.test(origin.url) ? origin.url : undefined;
}
