/**
 * What the bot says of a team's plan: how its nodes stand, what it may cost, how the team fared, and why one agent did it instead. Titles and
 * reasons are agents' words.
 */

import type { Missing } from "../task/outcome.ts";
import type { PlanEventKind } from "../task/plan.ts";
import { count, dollars, duration } from "../text/amounts.ts";
import { amountsWords } from "../text/budget.ts";
import type { Quoting } from "../text/quote.ts";
import type { NodeHow, NodeView, PlanView } from "../views/plan-view.ts";
import type { Sum } from "../views/spent.ts";

/** A few words for how far a node is. */
export const nodeWords: Record<NodeHow, string> = {
  proposed: "proposed",
  waiting: "waits",
  queued: "queued",
  preparing: "starts",
  working: "at work",
  verifying: "being checked",
  merging: "being merged",
  asks: "asks a person",
  calls: "asks its manager",
  limited: "waits for a limit",
  blocked: "blocked",
  merged: "merged",
  failed: "failed",
  skipped: "left out",
  cancelled: "cancelled",
  superseded: "replaced",
};

export const nodeIcons: Record<NodeHow, string> = {
  proposed: "",
  waiting: "▫️",
  queued: "⏳",
  preparing: "⚙️",
  working: "⚙️",
  verifying: "🔎",
  merging: "🧩",
  asks: "❓",
  calls: "❔",
  limited: "⏳",
  blocked: "✋",
  merged: "✅",
  failed: "❌",
  skipped: "➖",
  cancelled: "🚫",
  superseded: "↪️",
};

export const planHeading = (name: string, { code }: Quoting): string => `Plan ${code(name)}`;

/** What a plan may come to, before anybody approves it. */
export function planSize({ nodes, longest, budget }: PlanView): string {
  const steps = longest === 1 ? "all at the same time" : `in ${count(longest, "step")}, one behind the other`;
  const cost = budget
    ? `Its nodes may use at most ${amountsWords(budget)} together.`
    : "Not every node says what it may use at most, so what it costs is not known beforehand.";
  return `${count(nodes.length, "node")}, ${steps}. ${cost} A team reads the repository once for each node: expect it to cost several times what one agent would.`;
}

/** What can be said to it, as sentences. */
export function howToDecideOnPlan(name: string, { code }: Quoting): string {
  const id = code(name).replace(/`/g, "");
  return `\`/orch approve ${id}\` has the team begin; \`/orch plan ${id}\` and what should be different asks for another plan; \`/orch cancel\` ends it.`;
}

/** What becomes of a node that cannot be done, where that is not left to further tries and to the manager. */
export function ifNotDone({ onFailure }: Pick<NodeView, "onFailure">): string | undefined {
  if (onFailure === "skip") return "If it cannot be done, the others go on without it.";
  return onFailure === "stop"
    ? "If it cannot be done, it is not tried again by itself: a person is asked what becomes of it."
    : undefined;
}

/** What a node's agent has made so far, in a few words; `file`: the first in which that does not fit what others have done. */
export function madeSoFar(
  { commits, files, conflicts }: NonNullable<NodeView["soFar"]>,
  file: (path: string) => string,
) {
  const [first, ...more] = conflicts;
  const made = `${count(commits, "commit")}, ${count(files, "changed file")}`;
  if (first === undefined) return made;
  return `${made}; does not fit what is merged in ${file(first)}${more.length > 0 ? ` and ${more.length} more` : ""}`;
}

/** How far the team is, in a few words. */
export function teamStanding({ nodes, state }: PlanView): string {
  const merged = nodes.filter(({ how }) => how === "merged").length;
  const counted = nodes.filter(({ how }) => how !== "superseded").length;
  const far = `${merged} of ${count(counted, "node")} merged`;
  if (state === "managing") return `${far}; the manager looks at what happened`;
  if (state === "finishing") return `${far}; the result is being published`;
  return far;
}

/** Of what its nodes may use together; undefined as long as there is enough. */
export function teamUse({ use }: Pick<PlanView, "use">): string | undefined {
  const end = "what is merged by then is published, and what is missing is named";
  if (use === "spent")
    return `What the nodes of this plan may use together is used up: nothing more begins. When those at work are done, ${end}.`;
  if (use === "low")
    return `More than 80 % of what the nodes of this plan may use together is used. When all is, nothing more begins: ${end}. \`/orch budget\` tells how it stands.`;
  return undefined;
}

/** Where the repository lets so small a plan begin. */
export function approvedBecause(because: "alone" | "small" | undefined): string | undefined {
  return because === "small"
    ? "Nobody had to approve the plan: it is as small as `.github/orch.yml` lets a plan be (`team`)."
    : undefined;
}

/** Why one agent does what a team was asked for. */
export const aloneWords = (why: string, { plain }: Quoting): string =>
  `One agent does it instead of a team: ${sentence(plain(why, 500))}`;

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** What a node cost, as its agents say; undefined where none has begun. */
export function nodeCost({ spent }: Pick<NodeView, "spent">): string | undefined {
  if (spent.runs === 0) return undefined;
  const cost = sumWords(spent.costUsd, dollars);
  const tokens = sumWords(
    {
      ...(spent.inputTokens.known !== undefined || spent.outputTokens.known !== undefined
        ? { known: (spent.inputTokens.known ?? 0) + (spent.outputTokens.known ?? 0) }
        : {}),
      unknown: Math.max(spent.inputTokens.unknown, spent.outputTokens.unknown),
    },
    (amount) => count(amount, "token"),
  );
  const parts = [cost, tokens].filter((part) => part !== undefined);
  return parts.length === 0 ? "unknown" : parts.join(", ");
}

const sumWords = ({ known, unknown }: Sum, words: (amount: number) => string): string | undefined =>
  known === undefined ? undefined : `${unknown > 0 ? "at least " : ""}${words(known)}`;

/** What the team had to do with, as lines of a receipt. */
export function teamFacts(view: PlanView): string[] {
  const { met, managerRuns } = view;
  const lines: [number, string][] = [
    [met.messages, `Messages within the team: ${met.messages}`],
    [met.conflicts, `Conflicts between nodes: ${met.conflicts}`],
    [met.blockers, `What a node could not go on with: ${met.blockers}`],
    [managerRuns, `Runs of the manager: ${managerRuns}`],
    [met.tries, `Nodes that were tried again: ${met.tries}`],
    [met.hostsLost, `Runs that went on after their worker host was lost: ${met.hostsLost}`],
  ];
  return lines.filter(([amount]) => amount > 0).map(([, words]) => words);
}

/** What happened to a plan, as it stands behind its time. `node`: as it is to be shown. */
export function planEventWords({ what, node, text }: PlanView["events"][number], { code, plain }: Quoting): string {
  const which = node === undefined ? "" : ` ${code(node, 40)}`;
  const more = text === undefined || text === "" ? "" : `: ${plain(text, 200)}`;
  return `${eventWords[what]}${which}${more}`;
}

const eventWords: Record<PlanEventKind, string> = {
  approved: "The plan was approved",
  started: "Work began on",
  merged: "Merged",
  tried: "Tried again",
  failed: "Given up",
  skipped: "Left out",
  cancelled: "Cancelled",
  superseded: "Replaced",
  added: "Added",
  woken: "The manager was called",
  revised: "The manager changed the plan",
  stuck: "Nothing could move",
  low: "Most of the budget is used",
  budget: "The budget is used up",
  message: "Said to the manager by",
  finishing: "All nodes are over: the result is checked and published",
  over: "The plan is over",
  asked: "A person is asked about a change of the plan",
  declined: "Not carried out",
};

/** What a node changed that was not its own to change; undefined where there is nothing. */
export function outsideWords({ id, outside }: NodeView, { code }: Quoting): string | undefined {
  if (outside.length === 0) return undefined;
  const shown = outside.slice(0, MOST_OUTSIDE).map((path) => code(path, 120));
  const more = outside.length > MOST_OUTSIDE ? " and others" : "";
  return `${code(id, 40)} changed files outside of its scope: ${shown.join(", ")}${more}`;
}

const MOST_OUTSIDE = 5;

/** Of a plan of which not everything could be done. */
export function missingWords(missing: readonly Missing[], { code, plain }: Quoting): string {
  const lines = missing.map(({ node, title, why }) => `- ${code(node, 40)} (${plain(title, 100)}): ${plain(why, 200)}`);
  return ["This is not all that the plan was to bring. Missing:", "", ...lines].join("\n");
}

/** The same in a sentence. */
export const missingLine = (missing: readonly Missing[], { code }: Quoting): string =>
  `Not all of its plan is done: ${missing.map(({ node }) => code(node, 40)).join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`;

/** One node in a line, for a terminal or an answer. */
export function nodeLine(node: NodeView, now: number, quoting: Quoting): string {
  const { id, title, how, role, why, tries, task } = node;
  const since = task && how !== "merged" ? ` for ${duration(now - task.since)}` : "";
  const parts = [
    `${nodeWords[how]}${since}`,
    `${quoting.plain(role, 40)}`,
    ...(tries > 1 ? [`try ${tries}`] : []),
    ...(why === undefined ? [] : [quoting.plain(why, 200)]),
    ...(nodeCost(node) === undefined ? [] : [nodeCost(node) ?? ""]),
  ];
  return `${quoting.code(id, 40)} ${quoting.plain(title, 100)}: ${parts.join(", ")}`;
}
