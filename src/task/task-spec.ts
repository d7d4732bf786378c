/** What a task is asked to do: what, where, by whom and within what bounds, as it was when it was accepted. */
import type { Amounts } from "../text/budget.ts";
import type { AutoApproval } from "./auto-approval.ts";
import type { Caps } from "./envelope.ts";
import type { Origin } from "./origin.ts";
import type { PlanLimits } from "./plan-caps.ts";
import type { Mending, ReviewWish } from "./review.ts";
import type { RoutingRules } from "./routing.ts";

export type Repository = { id: number; owner: string; name: string };

export type Actor = { id: number; login: string };

/** Where the work starts and where it goes. Fixed when the task is accepted, or when that is over which it stands behind. */
export type Target =
  /** `base`: the branch that was asked for in place of the default branch. */
  | { kind: "issue"; defaultBranch: string; base?: string }
  /** `number`: of the pull request, where the task was asked for elsewhere. */
  | { kind: "pull"; number?: number; defaultBranch: string; headRef: string; headSha: string; baseRef: string };

/** What a review comment is about: a line of the pull request's changes, as it stood in the signed delivery. */
export type About = {
  /** The comment that begins its thread. */
  thread: number;
  path: string;
  /** In the new file, from 1; none where the comment is on the whole file. */
  line?: number;
  /** The changes around the line, which comes last; at most 4,000 characters. */
  hunk: string;
};

/** Which node of which plan a task works on. */
export type NodeOf = {
  /** The id of the plan, and of the team's task. */
  plan: string;
  id: string;
  /** Counts from 1. */
  try: number;
  /** The host that keeps the plan's work, where all its nodes are worked on. */
  home: string;
  /** The task that was the try before it, from which it goes on. */
  before?: string;
  /** What the whole plan may use, as whoever asked for it has set it, or a person has raised it; and which part of that this one may at most. */
  planBudget?: Amounts;
  share: number;
};

/**
 * What was asked. Written once; nothing in it changes later, except where it is, and what a team may use, where a person raises that (`raise.ts`).
 * Times are Unix milliseconds.
 */
export type TaskSpec = {
  id: string;
  /** Whoever owns the repository now. */
  installationId: number;
  /** By its present name. */
  repository: Repository;
  /** Number of the issue or pull request under which the command stands; of its own place (`own-place.ts`) where it stands under none. */
  number: number;
  title: string;
  target: Target;
  origin: Origin;
  /** Where that issue is now, when it was transferred: what is said of the task is said there. */
  movedTo?: { repository: Repository; number: number };
  /** Number of the issue or pull request whose conversation this belongs to, or of its own place. */
  conversation: number;
  /** Name of the agent that was asked for, by whoever asks or by the repository's file. */
  agent?: string;
  /** It was whoever asks. */
  agentNamed?: true;
  /** The model that its agent is to use, by the name that the agent's program knows; none: the operator's choice. */
  model?: string;
  /** The task that it does once more, with nothing changed: what that has left unpublished may be all that there is to do. */
  retries?: string;
  /** The task that it stands behind: it waits for the end of that one, and goes on from there. */
  after?: string;
  /** Its agent is to propose what it would do, and does it once a person has approved that. */
  plan?: true;
  /** Several agents are to work on it: its own proposes a plan, and sees to that once a person has approved it (`plan.ts`). */
  team?: true;
  /** Of a team's task: which plans its repository lets begin without a person's word. */
  autoApproval?: AutoApproval;
  /** Of a team's task: how large its repository lets plans be, and what it makes of roles, by their names. */
  planLimits?: PlanLimits;
  roles?: Readonly<Record<string, { off?: true; agent?: string }>>;
  /** The name of the role that its agent has; none: a planner's and manager's of a team's task, else that of one who does all of it. */
  role?: string;
  /** It is one try at a node of a team's plan. */
  node?: NodeOf;
  /** The repository's file names that agent for its role. */
  agentOfRole?: true;
  /** It is to review the changes of its pull request, and to change nothing. */
  review?: ReviewWish;
  /** It is to mend what a review has found. */
  mends?: Mending;
  /** How soon it gets a slot, compared with others; none: normal. */
  priority?: "low" | "high";
  /** What it may use at most, as whoever asks has set it. */
  budget?: Amounts;
  /** What the repository's file lets it, and others, use at most. */
  caps?: Caps;
  /** Its agent may be chosen by what came of earlier tasks; none: it is not. */
  routingRules?: RoutingRules;
  /** None: the repository asks by itself, by a file on its default branch, which only people who may write there can change. */
  actor?: Actor;
  /** The text after `/orch`, as it stood in the signed delivery. */
  instruction: string;
  /** What stood below that line, as Markdown source of at most 8,000 characters; may hold what Markdown hides. */
  details?: string;
  about?: About;
  /** When it was asked, by GitHub's clock. */
  requestedAt: number;
  /** When what asks reached us, by ours; none of what comes of another task. */
  receivedAt?: number;
  /** When we accepted it, by ours. */
  acceptedAt: number;
};
