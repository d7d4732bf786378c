/**
 * A plan: the graph of nodes that a team works through for one request. Its record stands beside that of the team's task, whose id it
 * bears, and says of each node what is to be done, what has to be merged before, and how far it is. What a node's current try is doing
 * (runs, questions, limits) stands in the try's own task: a node is worked on by tasks like any other.
 */
import { z } from "zod";
import { type AskedRevision, askedShape } from "./asked-shape.ts";
import { amountsShape } from "./envelope.ts";
import { finishShape } from "./finish.ts";
import type { Missing } from "./outcome.ts";
import { planCapsShape } from "./plan-caps.ts";
import { nodeShape } from "./plan-proposal.ts";

/** How far a node is. `merged`: its commit stands in the plan's integration ref. Times are Unix ms. */
const nodeStateShape = z.discriminatedUnion("name", [
  /** `from`: it is not tried again before. */
  z.object({ name: z.literal("waiting"), from: z.number().optional() }),
  /** Its current try is a task of its own; the try's number is the count of `tries`. */
  z.object({ name: z.literal("started"), at: z.number() }),
  /** Without `sha`: it had nothing to change. */
  z.object({
    name: z.literal("merged"),
    at: z.number(),
    sha: z.string().optional(),
    finish: finishShape.optional(),
  }),
  z.object({ name: z.literal("failed"), at: z.number(), reason: z.string() }),
  /** `because`: of which node, or in whose words. `waived`: those after it go on without it. */
  z.object({
    name: z.literal("skipped"),
    at: z.number(),
    because: z.string(),
    waived: z.literal(true).optional(),
  }),
  z.object({ name: z.literal("cancelled"), at: z.number() }),
  /** A revision put others in its place. */
  z.object({ name: z.literal("superseded"), at: z.number() }),
]);
export type NodeState = z.output<typeof nodeStateShape>;

/** An agent, and a model of it, that a role may be given to; neither: the operator's choice. */
const choiceShape = z.object({ agent: z.string().optional(), model: z.string().optional() });
export type Choice = z.output<typeof choiceShape>;

/** One try at a node. */
const tryShape = z.object({
  task: z.string(),
  at: z.number(),
  /** Which of the node's `choices` works on it, from 0. */
  choice: z.number().optional(),
  /** How it ended: the kind of its outcome, and what the next try should know. */
  end: z.string().optional(),
  why: z.string().optional(),
  /** Of its failure and of what its agent had made by then: the same twice is no reason for a third try. */
  print: z.string().optional(),
  /** It says nothing about the work: its host failed. */
  free: z.literal(true).optional(),
});
export type Try = z.output<typeof tryShape>;

/** A node as its plan has it: what was asked of it, and how far it is. */
const planNodeShape = z.object({
  ...nodeShape.shape,
  state: nodeStateShape,
  tries: z.array(tryShape),
  /** What its role may be given to, first choice first; none: whatever agent there is. */
  choices: z.array(choiceShape).optional(),
  /** How many delegations it comes of. */
  depth: z.number().optional(),
  /** The node whose agent asked for it. */
  by: z.string().optional(),
  /** It failed, and its plan says that a person decides what becomes of it. */
  stopped: z.literal(true).optional(),
  /** What the manager, who has it tried again, tells its agent besides. From then on it is the manager who decides about each try. */
  note: z.string().optional(),
});
export type PlanNode = z.output<typeof planNodeShape>;

/** What the manager is to see to. The same `key` is the same matter, however often it is told. */
const wakeShape = z.object({
  /** A node failed (`stop`: of an older Orch, a person was to decide); it asks for something; its work does not fit; nothing can move. */
  kind: z.enum(["failed", "stop", "blocker", "conflict", "stuck", "told"]),
  key: z.string(),
  node: z.string().optional(),
  task: z.string().optional(),
  text: z.string(),
  at: z.number(),
});
export type Wake = z.output<typeof wakeShape>;

export const PLAN_EVENTS = [
  ...(["approved", "started", "merged", "tried", "failed", "skipped", "cancelled", "superseded"] as const),
  ...(["added", "woken", "revised", "stuck", "low", "budget", "message", "finishing", "over"] as const),
  ...(["asked", "declined"] as const),
];
export type PlanEventKind = (typeof PLAN_EVENTS)[number];

/** One thing that happened to the plan. */
const planEventShape = z.object({
  at: z.number(),
  /** Of a kind that only a newer Orch knows, too: that is no reason to leave the plan alone. */
  what: z.custom<PlanEventKind>((kind) => typeof kind === "string"),
  node: z.string().optional(),
  task: z.string().optional(),
  text: z.string().optional(),
});
export type PlanEvent = z.output<typeof planEventShape>;

/** A run of the manager: which run of the team's task it is, what it was woken for, and as which revision it found the plan. */
const managedShape = z.object({ after: z.number(), wakes: z.array(wakeShape), revision: z.number() });

/** What a plan's record has, so that whoever reads it can rely on `Plan`. Times are Unix ms. */
export const planShape = z.object({
  /** That of the team's task. */
  id: z.string(),
  goal: z.string(),
  /** Grows by one with every change of the graph. */
  revision: z.int(),
  /** `managing`: its manager is to run, or does. `finishing`: nothing is left to do but to publish. */
  state: z.enum(["running", "managing", "finishing", "over"]),
  /** The host that keeps the plan's work. */
  home: z.string().optional(),
  /** The commit on which it was approved. */
  base: z.string(),
  /** Id of the repository. */
  repository: z.number(),
  /** When it was approved, and when what is not done by then is left out. */
  at: z.number(),
  until: z.number(),
  caps: planCapsShape,
  nodes: z.array(planNodeShape),
  managerRuns: z.int(),
  /** What the manager is still to be woken for, oldest first. */
  wakes: z.array(wakeShape),
  /** What it was woken for last. */
  managed: managedShape.optional(),
  /** Most of what its nodes may use is used. */
  low: z.literal(true).optional(),
  /** Nothing more may be used: what has not begun is left out. */
  spent: z.literal(true).optional(),
  /** Hashes of the revisions that were carried out, newest last: the same once more changes nothing. */
  revisions: z.array(z.string()),
  /**
   * What was approved: so many nodes, and, where no person had to, no more than `within`. Unknown of a plan that an older Orch made: its
   * manager is bound by its caps alone.
   */
  approved: z
    .object({ nodes: z.int(), within: z.object({ nodes: z.int(), budget: amountsShape }).optional() })
    .optional(),
  /** The last revision that went beyond that, and what a person made of it. */
  asked: askedShape.optional(),
  /** What a person has raised to what the whole plan may use. */
  budget: amountsShape.optional(),
  /** Oldest first. Bounded. */
  events: z.array(planEventShape),
  /** Grows by one with every change of the record. */
  version: z.int(),
});
export type Plan = z.output<typeof planShape>;

/** Of a plan's events, of what it remembers to wake the manager for, and of the texts in both, in characters. */
export const PLAN_KEEPS = { events: 200, wakes: 20, text: 600, why: 1_500, revisions: 30 } as const;

/** The revision about which a person is to decide. */
export const openAsked = ({ asked, state }: Pick<Plan, "asked" | "state">): AskedRevision | undefined =>
  asked && !asked.decision && state !== "over" && state !== "finishing" ? asked : undefined;

export const nodeOf = ({ nodes }: Pick<Plan, "nodes">, id: string): PlanNode | undefined =>
  nodes.find((node) => node.id === id);

/** The task that works on it, or did last. */
export const currentTry = ({ tries }: Pick<PlanNode, "tries">): Try | undefined => tries.at(-1);

/** The same, as long as nobody has noted down how it ended: that may be still to come though the node is over. */
export function openTry(node: Pick<PlanNode, "tries">): Try | undefined {
  const last = currentTry(node);
  return last?.end === undefined ? last : undefined;
}

/** Whether this task is to work on the node: the plan goes on, and no later try, and nobody's decision, has taken its place. */
export function isWorkedOnBy(plan: Plan, id: string, task: string): boolean {
  const node = nodeOf(plan, id);
  return plan.state !== "over" && node?.state.name === "started" && currentTry(node)?.task === task;
}

/** Whether nothing becomes of it any more, unless somebody changes the plan. */
export const isNodeOver = ({ state }: Pick<PlanNode, "state">): boolean =>
  state.name !== "waiting" && state.name !== "started";

/** Whether what comes after it may build on it, or goes on without it. */
export const isSettledFor = ({ state }: Pick<PlanNode, "state">): boolean =>
  state.name === "merged" || state.name === "superseded" || (state.name === "skipped" && state.waived === true);

/** What is not part of a plan's work although somebody approved it. */
export const missingIn = ({ nodes }: Pick<Plan, "nodes">): Missing[] =>
  nodes.flatMap(({ id: node, title, state }) => {
    if (state.name === "failed") return [{ node, title, why: state.reason }];
    if (state.name === "skipped") return [{ node, title, why: state.because }];
    return state.name === "cancelled" ? [{ node, title, why: "it was cancelled" }] : [];
  });

/** With an event more; the oldest but the first give way. */
export function withEvent(plan: Plan, event: PlanEvent): Plan {
  const text = event.text?.slice(0, PLAN_KEEPS.text);
  const events = [...plan.events, { ...event, ...(text !== undefined && { text }) }];
  return { ...plan, events: events.length <= PLAN_KEEPS.events ? events : [...events.slice(0, 1), ...events.slice(2)] };
}

/** With something more for the manager to see to; undefined when that is known already, or too much is. */
export function withWake(plan: Plan, wake: Wake): Plan | undefined {
  const known = [...plan.wakes, ...(plan.state === "managing" ? (plan.managed?.wakes ?? []) : [])];
  if (plan.state === "over" || known.some(({ key }) => key === wake.key)) return undefined;
  if (plan.wakes.length >= PLAN_KEEPS.wakes) return undefined;
  return { ...plan, wakes: [...plan.wakes, { ...wake, text: wake.text.slice(0, PLAN_KEEPS.why) }] };
}
