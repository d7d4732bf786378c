/**
 * What the planner of a team is told, and its manager. Pure. The request, the plan and all that agents said are data in it; how a plan has
 * to be is the host's word, and code looks whether it is so.
 */
import type { NodeSpec } from "../../src/task/plan-proposal.ts";
import type { Decision, Proposal } from "../../src/task/proposal.ts";
import { count } from "../../src/text/amounts.ts";
import { keepStart, oneLine } from "../../src/text/bound.ts";
import { fenced } from "../../src/text/fenced.ts";
import { told } from "./prompt-said.ts";

/** What a plan may be made of. */
export type PlanGround = { roles: readonly { name: string; does: string }[]; nodes: number; width: number };

const READ_ONLY = `Your folder is read-only and nothing that you change would be published; read, search and run what does not write
into it. \`$HOME\` and \`$TMPDIR\` are writable. This stands above the rules.`;

const BY_COMMAND = "or `orch-agent call plan JSON`; with `-` in place of the JSON it is read from standard input";

/** The part of a planner's first prompt. `proposal`: what was made before, as when another agent begins anew. */
export function plannerInstructions(ground: PlanGround, proposal?: Proposal): string {
  const before = proposal?.plan ? `\nWhat was proposed before:\n\n${fenced(planText(proposal.plan), "data")}\n` : "";
  const { decision } = proposal ?? {};
  const wish = decision && decision.kind !== "approved" ? `\n${plannerTurn(decision)}` : "";
  return `${propose(ground)}${before}${wish}`;
}

const propose = (ground: PlanGround): string => `# Plan for a team

Do not do the task: plan how several agents would do it, each one part of it. ${READ_ONLY}

Look at the repository first. Then call the tool \`plan\` (${BY_COMMAND}), in one of two ways:

- \`{"oneAgent": "why"}\`: one agent does better. That is so for most requests. A team costs several times as much, as each of its agents
  reads the repository anew and none knows what another has learned. Choose it unless at least three parts can be done independently, in
  different files.
- \`{"goal": "…", "nodes": [ … ]}\`: the plan. Each node is done by an agent of its own, in a folder of its own, and merged when it is done.

How a plan has to be:

${planRules(ground)
  .map((rule) => `- ${rule}`)
  .join("\n")}

The call answers what is wrong with the plan, if something is: mend it and call again. The last one that was taken counts. Then end: a
person reads it and decides.
`;

/** Of a plan that is shown once more, in characters. */
const MAX_PLAN = 8_000;

function planText({ goal, nodes }: { goal: string; nodes: readonly NodeSpec[] }): string {
  const lines = nodes.map(
    ({ id, title, role, after, scope }) =>
      `- ${id} (${role}${after.length > 0 ? `, after ${after.join(", ")}` : ""}): ${title} [${scope.join(", ")}]`,
  );
  return keepStart(told([goal, "", ...lines].join("\n")), MAX_PLAN);
}

function planRules({ roles, nodes, width }: PlanGround): string[] {
  return [
    `At most ${count(nodes, "node")}, of which ${width} work at the same time.`,
    `Roles: ${roles.map(({ name, does }) => `\`${oneLine(name, 40)}\` (${oneLine(told(does), 200)})`).join(", ")}.`,
    "`instruction` says all that the node's agent has to know: it sees the request and the goal, and nothing of what you have read or said.",
    "`reads` names the few files that it has to know for that, and no more: what it changes, what it calls, a test to write like. It is given their text, which saves it from looking through the repository as you did. Also what nodes before it make.",
    "`deliverable` says what is there when it is done, and `check` is a command that shows it, in the repository as it is after this node alone.",
    "`scope` lists what it may change, as narrow as possible. Nodes that may work at the same time have different files. Lockfiles, generated files, changelogs and registries belong to one node, best to the last one.",
    "`after` names only nodes whose merged work it needs. What must be done one after the other by its nature is one node.",
    '`budget` says what it may use at most, as you judge its size: `{"ms": 1200000}` for twenty minutes of its agent, or `usd` and `tokens` where agents count those. A person sees what the whole may use, and a node is stopped at its own.',
    "After each merge the whole is checked by the command that the rules name. Where they name none, choose one agent: nobody would see what two nodes break together.",
  ];
}

/** The turn in which a planner is asked for another plan. */
function plannerTurn(decision: Exclude<Decision, { kind: "approved" }>): string {
  const again = `Hand in another plan by the tool \`plan\`, whole, or say that one agent is enough. Then end.\n`;
  if (decision.kind === "change") {
    const who = decision.by ? `@${oneLine(decision.by.login, 100)}, who may write to the repository,` : "The operator";
    return `${who} wants the plan to be different:\n\n${quoted(decision.text, 4_000)}\n\nYour folder is still read-only. ${again}`;
  }
  const files = decision.files.slice(0, 20).map((file) => oneLine(told(file), 300));
  return `Since you made your plan, files that it names have changed on the branch:\n\n${fenced(files.join("\n"), "data")}\n\nYour folder shows the branch as it is now, and is still read-only. ${again}`;
}

/** The turn with which it goes on in its session. A manager is told of the plan when that has been read. */
export function teamTurn(proposal: Proposal | undefined): string {
  const { decision } = proposal ?? {};
  if (decision?.kind === "approved") return proposal?.alone === undefined ? "" : ALONE_TURN;
  return decision ? plannerTurn(decision) : "Hand in a plan by the tool `plan`. Then end.\n";
}

/** One agent does it after all: the planner, who knows the repository by now. */
const ALONE_TURN = `One agent is enough, so you do the task yourself now, all of it. Your folder is writable. Commit your work; the rules hold.
`;

export const quoted = (text: string, most: number): string => keepStart(told(text), most).replace(/^/gm, "> ");
