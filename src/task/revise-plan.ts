/**
 * A revision: what the manager, or a node whose role may delegate, wants to be different in a plan, as data. Carried out as a whole,
 * refused as a whole, with the reasons in words for a model, or, where it goes beyond what was approved, kept as a whole until a person has
 * decided; the same revision once more changes nothing. What is merged stays merged, and nobody gets more than the plan's caps. Pure.
 */
import { createHash } from "node:crypto";
import { countedTries } from "./after-try.ts";
import { isStopped } from "./ask-about-stopped.ts";
import { askedName } from "./asked-name.ts";
import type { Exceeds } from "./asked-shape.ts";
import { beyondOf, type Funds, inGraph } from "./beyond.ts";
import { type ChoicesOf, newNode } from "./make-plan.ts";
import {
  isNodeOver,
  nodeOf,
  openAsked,
  PLAN_KEEPS,
  type Plan,
  type PlanEventKind,
  type PlanNode,
  withEvent,
} from "./plan.ts";
import { nodeProblems, type RoleFacts } from "./plan-check.ts";
import { MAX_PLAN_TEXT, type NodeSpec } from "./plan-proposal.ts";
import { namedIn, type Revision } from "./revision.ts";

export type Revised =
  | { kind: "revised"; plan: Plan }
  | { kind: "same" }
  | { kind: "refused"; problems: string[] }
  /** It waits for a person. Without `plan` it did so before. */
  | { kind: "asked"; name: string; exceeds: Exceeds; until: number; plan?: Plan };

/** `by`: the node whose agent asks; none: the manager, or a person. */
export type Revising = {
  now: number;
  by?: string;
  roles?: readonly RoleFacts[] | undefined;
  servers?: readonly string[] | undefined;
  choicesOf?: ChoicesOf;
  /** What the plan may still use, where that is limited and known. */
  funds?: Funds | undefined;
  /** When nobody is waited for any more who might allow what goes beyond what was approved; none: nobody has to be asked. */
  askUntil?: number;
  /** The name by which a person has allowed it: the same may be allowed again, when it is asked for again. */
  allowed?: string;
};

export function revise(plan: Plan, revision: Revision, revising: Revising): Revised {
  const hash = revising.allowed ?? hashOf(plan, revision, revising.by);
  if (plan.revisions.includes(hash)) return { kind: "same" };
  const problems = problemsOf(plan, revision, revising);
  if (problems.length > 0) return { kind: "refused", problems };
  const steps = [replace, add, again, leaveOut, end];
  const changed = steps.reduce((next, step) => step(next, revision, revising), plan);
  if (revising.askUntil !== undefined) {
    const { exceeds, problems: hard } = beyondOf(plan, changed, revising.funds);
    if (hard.length > 0) return { kind: "refused", problems: hard };
    if (exceeds) return ask(plan, revision, { ...revising, exceeds, askUntil: revising.askUntil });
  }
  const revisions = [...plan.revisions, hash].slice(-PLAN_KEEPS.revisions);
  const { asked: _, ...next } = { ...changed, revision: plan.revision + 1, revisions };
  const who = revising.by === undefined ? {} : { node: revising.by };
  return {
    kind: "revised",
    plan: withEvent(withoutAsked(plan, next, revising.now), { at: revising.now, what: "revised", ...who }),
  };
}

/** A person can only decide about the plan as it stands: what waited for that is void. */
function withoutAsked(before: Plan, next: Plan, now: number): Plan {
  const open = openAsked(before);
  if (!open) return before.asked ? { ...next, asked: before.asked } : next;
  return withEvent(next, { at: now, what: "declined", text: `${open.name}: another change has taken its place` });
}

type Asking = Revising & { exceeds: Exceeds; askUntil: number };

function ask(plan: Plan, revision: Revision, { now, by, choicesOf, exceeds, askUntil }: Asking): Revised {
  if (by !== undefined) return { kind: "refused", problems: ["It goes beyond what was approved: ask your manager."] };
  const length = JSON.stringify(revision).length;
  if (length > MAX_PLAN_TEXT)
    return {
      kind: "refused",
      problems: [
        `It goes beyond what was approved and is ${length} characters long. At most ${MAX_PLAN_TEXT} can be shown to the person who approves it: say it in fewer words.`,
      ],
    };
  const name = askedName(plan, revision, exceeds);
  const until = Math.min(askUntil, plan.until);
  const before = plan.asked;
  if (before?.name === name && before.decision)
    return { kind: "refused", problems: ["A person was asked for just that, and it was not approved."] };
  if (before?.name === name) return { kind: "asked", name, exceeds, until: before.until };
  const roles = [...new Set((revision.add ?? []).map(({ role }) => role))];
  const choices = Object.fromEntries(roles.flatMap((role) => entryOf(role, choicesOf?.(role))));
  const asked = { name, revision, of: plan.revision, exceeds, choices, at: now, until };
  return {
    kind: "asked",
    name,
    exceeds,
    until,
    plan: withEvent({ ...plan, asked }, { at: now, what: "asked", text: name }),
  };
}

const entryOf = <Value>(role: string, its: Value | undefined): [string, Value][] => (its ? [[role, its]] : []);

/** One node more, asked for by the agent of another one, or by the manager. */
export const delegate = (plan: Plan, node: NodeSpec, revising: Revising): Revised =>
  revise(plan, { add: [node] }, revising);

/** Of the manager the same wish may come again in a later revision: what has become of the plan since makes it another one. */
function hashOf(plan: Plan, revision: Revision, by: string | undefined): string {
  const found = by === undefined ? (plan.managed?.revision ?? 0) : 0;
  return createHash("sha256")
    .update(JSON.stringify([found, by, revision]))
    .digest("hex")
    .slice(0, 16);
}

function problemsOf(plan: Plan, revision: Revision, { by, roles, servers }: Revising): string[] {
  const { retry = [], skip = [], replace: replaced = [], add: added = [], end: ended } = revision;
  if (plan.state !== "running" && plan.state !== "managing") return ["The plan is over, or is being published."];
  const unknown = namedIn(revision).filter((each) => !nodeOf(plan, each));
  if (unknown.length > 0) return unknown.map((each) => `There is no node ${each}.`);
  if (retry.length + skip.length + replaced.length + added.length === 0 && !ended) return ["It changes nothing."];
  return [
    ...namedIn(revision).flatMap((each) => stopProblems(plan, each)),
    ...retry.flatMap(({ node }) => retryProblems(plan, node)),
    ...[...skip, ...replaced].filter((each) => isMerged(plan, each)).map((each) => `${each} is merged already.`),
    ...(replaced.length > 0 && added.length === 0 ? ["Nothing is added in place of what is to be replaced."] : []),
    ...(by === undefined ? [] : delegationProblems(plan, by, added)),
    ...nodeProblems(withAdded(plan, revision), { caps: plan.caps, roles, servers }, added),
  ];
}

const isMerged = (plan: Plan, of: string): boolean => nodeOf(plan, of)?.state.name === "merged";

/** The plan says so. */
function stopProblems(plan: Plan, of: string): string[] {
  const node = nodeOf(plan, of);
  return node && isStopped(node) ? [`What becomes of ${of} is a person's to decide, who is asked about it.`] : [];
}

function retryProblems(plan: Plan, of: string): string[] {
  const node = nodeOf(plan, of);
  if (!node || !["failed", "skipped", "cancelled"].includes(node.state.name))
    return [`${of} is ${node?.state.name}: only a node that failed or was left out can be tried again.`];
  const tries = countedTries(node).length;
  return tries >= plan.caps.runsPerNode ? [`${of} was tried ${tries} times, which is as often as a node may be.`] : [];
}

function delegationProblems(plan: Plan, by: string, added: readonly NodeSpec[]): string[] {
  const depth = depthOf(plan, by) + 1;
  if (nodeOf(plan, by)?.state.name !== "started") return [`${by} is not at work.`];
  if (depth > plan.caps.depth) return [`Delegations go ${plan.caps.depth} deep at most.`];
  return added.filter(({ after }) => after.includes(by)).length > 0
    ? [`What ${by} delegates cannot wait for ${by} itself.`]
    : [];
}

const depthOf = (plan: Plan, of: string): number => nodeOf(plan, of)?.depth ?? 0;

/** All nodes as they would be, in which those that are replaced stand behind nothing and before nothing. */
function withAdded(plan: Plan, { add: added = [], replace: replaced = [] }: Revision): NodeSpec[] {
  const kept = inGraph(plan).filter((node) => !replaced.includes(node.id));
  return [...kept.map((node) => ({ ...node, after: afterReplacing(node, replaced, added) })), ...added];
}

function afterReplacing({ after }: PlanNode, replaced: readonly string[], added: readonly NodeSpec[]): string[] {
  if (!after.some((each) => replaced.includes(each))) return after;
  return [...new Set([...after.filter((each) => !replaced.includes(each)), ...added.map((node) => node.id)])];
}

type Step = (plan: Plan, revision: Revision, revising: Revising) => Plan;

const replace: Step = (plan, { replace: replaced = [], add: added = [] }, { now }) => {
  if (replaced.length === 0) return plan;
  const nodes = plan.nodes.map((node) =>
    replaced.includes(node.id)
      ? { ...node, state: { name: "superseded" as const, at: now } }
      : { ...node, after: isNodeOver(node) ? node.after : afterReplacing(node, replaced, added) },
  );
  return tell({ ...plan, nodes }, { what: "superseded", nodes: replaced, now });
};

const add: Step = (plan, { add: added = [] }, { now, by, choicesOf }) => {
  if (added.length === 0) return plan;
  const from = by === undefined ? {} : { by, depth: depthOf(plan, by) + 1 };
  const nodes = [...plan.nodes, ...added.map((node) => ({ ...newNode(node, choicesOf), ...from }))];
  return tell({ ...plan, nodes }, { what: "added", nodes: added.map((node) => node.id), now });
};

/** With it those wait again that were left out for its sake. */
const again: Step = (plan, { retry = [] }) => {
  if (retry.length === 0) return plan;
  const back = new Set(retry.map(({ node }) => node));
  for (let count = -1; count !== back.size; ) {
    count = back.size;
    for (const node of plan.nodes) if (isLeftOutFor(node, back)) back.add(node.id);
  }
  const nodes = plan.nodes.map((node): PlanNode => {
    if (!back.has(node.id)) return node;
    const wish = retry.find((each) => each.node === node.id);
    return { ...node, state: { name: "waiting" }, ...(wish && { note: wish.instruction ?? "" }) };
  });
  return { ...plan, nodes };
};

const isLeftOutFor = ({ state, after }: PlanNode, back: ReadonlySet<string>): boolean =>
  state.name === "skipped" && state.waived !== true && after.some((each) => back.has(each));

const leaveOut: Step = (plan, { skip = [] }, { now }) => {
  if (skip.length === 0) return plan;
  const state = { name: "skipped" as const, at: now, because: "the plan goes on without it", waived: true as const };
  const nodes = plan.nodes.map((node) => (skip.includes(node.id) ? { ...node, state } : node));
  return tell({ ...plan, nodes }, { what: "skipped", nodes: skip, now });
};

const end: Step = (plan, { end: ended }, { now }) => {
  const waiting = plan.nodes.filter(({ state }) => ended && state.name === "waiting").map((node) => node.id);
  const state = { name: "skipped" as const, at: now, because: "the plan was ended before it" };
  const nodes = plan.nodes.map((node) => (waiting.includes(node.id) ? { ...node, state } : node));
  return waiting.length === 0 ? plan : tell({ ...plan, nodes }, { what: "skipped", nodes: waiting, now });
};

type Telling = { what: PlanEventKind; nodes: readonly string[]; now: number };

const tell = (plan: Plan, { what, nodes, now }: Telling): Plan =>
  nodes.reduce((next, node) => withEvent(next, { at: now, what, node }), plan);
