/** What a program is told of the plan of a team that it asked for: the same that people see in the team's comment, as data. */
import { z } from "zod";
import { exceedsReasons } from "../task/exceeds-reasons.ts";
import { openProposal } from "../task/proposal.ts";
import type { Task } from "../task/task.ts";
import { inTerminal } from "../text/quote.ts";
import type { AskedView } from "../views/asked-view.ts";
import { type NodeView, type PlanView, planView, proposedPlanView, type Team } from "../views/plan-view.ts";

const time = z.iso.datetime();

const nodeShape = z
  .object({
    id: z.string(),
    title: z.string(),
    role: z.string(),
    after: z.array(z.string()).describe("Nodes that have to be merged before."),
    scope: z.array(z.string()),
    deliverable: z.string(),
    check: z.string(),
    reads: z
      .array(z.string())
      .describe("Files whose text is given to its agent, by their paths; also those that nodes before it make."),
    servers: z
      .array(z.string())
      .describe("Those of the repository's servers that run beside its agent, by their names."),
    onFailure: z
      .enum(["retry", "skip", "stop"])
      .describe(
        "When it cannot be done: more tries, the others go on without it, or a person is asked what becomes of it.",
      ),
    how: z.string().describe("proposed, waiting, queued, preparing, working, asks, blocked, merged, failed, skipped …"),
    why: z.string().optional().describe("Why it failed or was left out."),
    tries: z.int(),
    task: z.string().optional().describe("Id of its latest try's task."),
    asks: z
      .array(z.string())
      .describe("What its agent asks and nobody has answered; the task's `questions` say under which ids."),
    sha: z.string().optional().describe("The commit as which it was merged."),
  })
  .meta({ id: "Node" });

const eventShape = z
  .object({ at: time, what: z.string(), node: z.string().optional(), text: z.string().optional() })
  .meta({ id: "PlanEvent" });

const askedShape = z
  .object({
    because: z.array(z.string()).describe("Why a person is asked, in words."),
    until: time.describe("Without a person's word by then it is not carried out."),
    add: z.array(nodeShape),
    retry: z.array(z.string()).describe("Nodes that would be tried again."),
    skip: z.array(z.string()).describe("Nodes that would be left out."),
    replace: z.array(z.string()).describe("Nodes in whose place the added ones would be."),
  })
  .meta({ id: "PlanChange" });

export const planAnswerShape = z
  .object({
    id: z.string().describe("That of the team's task."),
    state: z.enum(["proposed", "running", "managing", "finishing", "over"]),
    goal: z.string(),
    revision: z.int(),
    proposal: z.string().optional().describe("Its name, where it waits for a person's word."),
    asked: askedShape
      .optional()
      .describe(
        "A change that waits for a person, as it is more than was approved or tries once more what failed: `proposal` is its name.",
      ),
    nodes: z.array(nodeShape),
    managerRuns: z.int(),
    events: z.array(eventShape),
  })
  .meta({ id: "Plan" });

export type PlanAnswer = z.output<typeof planAnswerShape>;

/** `team`: once its plan is approved. Undefined while there is nothing to show. */
export function planAnswerOf(lead: Task, team: Team | undefined): PlanAnswer | undefined {
  const open = openProposal(lead);
  const proposed = open?.plan;
  if (team) {
    const view = planView(team, lead);
    return { ...answerOf(lead, view), ...(view.asked && { proposal: view.asked.name, asked: askedOf(view.asked) }) };
  }
  return proposed && { ...answerOf(lead, proposedPlanView(proposed, lead)), proposal: open.name };
}

function answerOf({ spec }: Task, { state, goal, revision, nodes, managerRuns, events }: PlanView): PlanAnswer {
  return {
    ...{ id: spec.id, state, goal, revision, managerRuns },
    nodes: nodes.map(nodeOf),
    events: events.map(({ at, what, node, text }) => ({
      ...{ at: new Date(at).toISOString(), what },
      ...(node !== undefined && { node }),
      ...(text !== undefined && { text }),
    })),
  };
}

const askedOf = ({ exceeds, until, add, retry, skip, replace }: AskedView): PlanAnswer["asked"] => ({
  because: exceedsReasons(exceeds, inTerminal),
  until: new Date(until).toISOString(),
  add: add.map(nodeOf),
  retry: retry.map(({ node }) => node),
  ...{ skip, replace },
});

function nodeOf({ why, task, asks, sha, ...node }: NodeView): PlanAnswer["nodes"][number] {
  const { id, title, role, after, scope, deliverable, check, reads, servers, onFailure, how, tries } = node;
  return {
    ...{ id, title, role, after, scope, deliverable, check, reads, servers, onFailure, how, tries },
    ...(why !== undefined && { why }),
    ...(task && { task: task.id }),
    asks: asks.map(({ short }) => short),
    ...(sha !== undefined && { sha }),
  };
}
