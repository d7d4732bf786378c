/**
 * What an agent proposes to do, before it does it, and what a person made of that. Its name is made of all that it says and of the
 * commit that it was made on: who approves it approves just that. Every text in it is an agent's or a person's, bounded here.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { finishShape } from "./finish.ts";
import { type PlanProposal, planProposalShape } from "./plan-proposal.ts";
import type { Task } from "./task.ts";
import type { Actor } from "./task-spec.ts";

/** Of the files that a proposal names. */
export const MAX_NAMED_FILES = 50;
/** Of what a person wants to be different, in characters. */
export const MAX_CHANGE = 4_000;

/** None: the repository or the operator. Times are Unix ms. */
const by = { by: z.looseObject({ id: z.number(), login: z.string() }).optional(), at: z.number() };

const decisionShape = z.discriminatedUnion("kind", [
  /** `because`: no person had to: one agent does it, or the repository lets so small a plan begin. */
  z.object({ kind: z.literal("approved"), because: z.enum(["alone", "small"]).optional(), ...by }),
  /** Another one is asked for. */
  z.object({ kind: z.literal("change"), text: z.string(), ...by }),
  /** Files that it names have changed since, so it is to be made anew. `base`: the commit as which the branch stands now. */
  z.object({ kind: z.literal("outdated"), files: z.array(z.string()), base: z.string(), ...by }),
]);

export const proposalShape = z.looseObject({
  name: z.string(),
  epoch: z.number(),
  baseSha: z.string(),
  said: finishShape,
  files: z.array(z.string()),
  at: z.number(),
  plan: planProposalShape.optional(),
  alone: z.string().optional(),
  decision: decisionShape.optional(),
});

export type Decision =
  | { kind: "approved"; because?: "alone" | "small" | undefined; by?: Actor | undefined; at: number }
  | { kind: "change"; text: string; by?: Actor | undefined; at: number }
  | { kind: "outdated"; files: string[]; base: string; by?: Actor | undefined; at: number };

export type Proposal = {
  name: string;
  /** Of the run that made it. */
  epoch: number;
  /** The commit on which it was made. */
  baseSha: string;
  said: z.output<typeof finishShape>;
  /** The files that it names, there or still to be made, relative to the repository. */
  files: string[];
  at: number;
  /** What a team is to do, as a graph. */
  plan?: PlanProposal;
  /** Why one agent does what a team was asked for. */
  alone?: string;
  decision?: Decision;
};

/** Of the reason why one agent does it, in characters. */
export const MAX_ALONE = 500;

/** `p` and twelve hexadecimal digits: nobody finds another text of the same name. */
export function proposalName(
  taskId: string,
  { baseSha, said, plan, alone }: Pick<Proposal, "baseSha" | "said" | "plan" | "alone">,
): string {
  const { title, summary, decisions, interfaces, followUps } = said;
  const all = [
    taskId,
    baseSha,
    title,
    summary,
    decisions,
    interfaces,
    followUps,
    ...(plan ? [plan] : []),
    ...(alone === undefined ? [] : [{ alone }]),
  ];
  return `p${createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 12)}`;
}

/** Whether a word is hardly anything but the name of a proposal. */
export const isProposalName = (word: string): boolean => /^p[0-9a-f]{6}(?:[0-9a-f]{6})?$/.test(word);

/** The proposal about which somebody has to decide. */
export function openProposal({ proposal, state }: Pick<Task, "proposal" | "state">): Proposal | undefined {
  return state.name !== "settled" && proposal && !proposal.decision ? proposal : undefined;
}

/** The name about which somebody has to decide: what its agent proposes, or would change in a plan that was approved. */
export function nameToDecideOn({ proposal, state }: Pick<Task, "proposal" | "state">): string | undefined {
  const reason = state.name === "waiting" ? state.reasons.find((each) => each.for === "approval") : undefined;
  return openProposal({ proposal, state })?.name ?? reason?.proposal;
}

/** What a team works through, once a person has approved it. */
export const approvedPlan = ({ spec, proposal }: Pick<Task, "spec" | "proposal">): PlanProposal | undefined =>
  spec.team && proposal?.decision?.kind === "approved" ? proposal.plan : undefined;

/** Undefined when there is nothing to decide: the first decision counts, and only about the proposal that it names. */
export function withDecision(task: Task, name: string, decision: Decision): Task | undefined {
  const open = openProposal(task);
  return open?.name === name ? { ...task, proposal: { ...open, decision } } : undefined;
}

/** Whether its agent may change anything: one that is to propose something may not, nor one that manages a team. */
export function mayChange({ spec, proposal }: Pick<Task, "spec" | "proposal">): boolean {
  const isApproved = proposal?.decision?.kind === "approved";
  // What a team does, its nodes' agents do: its own plans and manages.
  if (spec.team) return isApproved && proposal?.alone !== undefined;
  return spec.plan === undefined || isApproved;
}

/** With a slash or an ending: what is called like a file. */
const PATH = /(?<![\w./@:+-])(?:\.\/)?(?:(?:\.?[\w@+-][\w.+-]*\/)+(?:\.?[\w+-][\w.+-]*)?|\.?[\w+-][\w.+-]*)/g;
const isLikeFile = (path: string): boolean =>
  path.includes("/") || /(?:\w\w\.[A-Za-z]\w{0,9}|\w\.[A-Za-z]\w{1,9})$/.test(path);

/** The first different paths that it names. */
export function filesNamedIn({ title, summary, decisions, interfaces, followUps }: Proposal["said"]): string[] {
  const text = [title, summary, ...decisions, ...interfaces, ...followUps].join("\n");
  const found = [...text.matchAll(PATH)].map(([path]) => path.replace(/^\.\//, "").replace(/\.+$/, ""));
  return [...new Set(found.filter((path) => path.length <= 300 && isLikeFile(path)))].slice(0, MAX_NAMED_FILES);
}

/** Those of the named files that are among the changed ones; a folder that is named stands for all that is in it. */
export function namedAmong(files: readonly string[], changed: readonly string[]): string[] {
  return files.filter((file) =>
    changed.some((path) => path === file || path.startsWith(`${file.replace(/\/$/, "")}/`)),
  );
}
