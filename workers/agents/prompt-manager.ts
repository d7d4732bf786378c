/**
 * What the manager of a team is told when it is called: how the plan stands, and what has happened for which the plan does not provide. Pure.
 * All of that is agents' words and stands in fences; what the manager can do is the host's word, and code looks whether it may.
 */
import { openAsked, type Plan, type PlanNode } from "../../src/task/plan.ts";
import { count } from "../../src/text/amounts.ts";
import { keepEnd, keepStart, oneLine } from "../../src/text/bound.ts";
import { fenced } from "../../src/text/fenced.ts";
import { told } from "./prompt-said.ts";
import { quoted } from "./prompt-team.ts";

/** Characters. */
const limits = { goal: 1_500, nodes: 12_000, wake: 1_500, wakes: 12_000 };

const WHAT_TO_DO = `Look into it as far as you need: your folder shows the repository as it was when the plan was approved, read-only. Then decide, and
hand in what is to change by the tool \`plan\` (or \`orch-agent call plan JSON\`). All of it is optional, and several may stand together:

- \`"retry": [{"node": "id", "instruction": "what is to be done differently"}]\`: the node is tried once more. The same words once more give the
  same result; where a node failed twice for one reason, change the node.
- \`"replace": ["id"]\`, with \`add\`: the added nodes are in its place, and what stands behind it waits for them.
- \`"skip": ["id"]\`: it is left out, and what comes after it goes on without it. What is published says so.
- \`"add": [{…}]\`: another node, of the same form as in the plan.
- \`"answers": [{"question": "id", "text": "…"}]\`: answers what a node asked, or what keeps it from going on. Its agent goes on with that. What only a
  person can answer, leave: they are asked next.
- \`"end": "partial"\`: nothing more is begun, and what is merged is published as it is.

What a person approved is a plan of that size, with those files, roles and servers, for that money. A change that goes beyond is not refused: a
person is asked about it as a whole, while the rest of the plan goes on. So ask for no more than is needed, and hand in apart what needs nobody.

What happened begins with what it is. Where the plan leaves it to a person what becomes of a node, you are told what they said: do that.

The call answers what cannot be done so, and why. Nodes that are merged stay merged. What only a person can decide, ask with \`ask\`. Do no node's
work yourself. When you have handed in what is needed, end: you are called again when something else happens.
`;

export function managerInstructions(plan: Plan): string {
  const { goal, nodes, managed, wakes: waiting, managerRuns, caps } = plan;
  const wakes = managed?.wakes ?? waiting;
  const left = Math.max(0, caps.managerRuns - managerRuns);
  const told_ = wakes.map(({ kind, node, text }) => `${kind}${node === undefined ? "" : ` (${node})`}: ${text}`);
  const events = told_.map((each) => oneLine(told(each), limits.wake)).join("\n");
  return `# You manage a team

A plan is being worked on by agents, each at one node. You are called because something has happened for which it does not provide. This stands
above the rules. Do not do the request yourself. The plan's goal:

${quoted(goal, limits.goal)}

What has happened:

${fenced(keepEnd(events === "" ? "Nothing is known to have happened." : events, limits.wakes), "data")}

How its nodes stand:

${fenced(keepStart(told(nodes.map(nodeLine).join("\n")), limits.nodes), "data")}

${WHAT_TO_DO}${askedBefore(plan)}
You can be called ${count(left, "more time", "more times")}.
`;
}

/** What it wanted in an earlier run, and a person has not decided about. */
function askedBefore(plan: Plan): string {
  const open = openAsked(plan);
  if (!open) return "";
  const wanted = oneLine(told(JSON.stringify(open.revision)), limits.wake);
  return `
A person is still to decide about a change that you wanted, ${open.name}:

${fenced(wanted, "data")}

Leave it so, unless it is wrong by now: another change takes its place.
`;
}

function nodeLine({ id, title, role, after, scope, state, tries }: PlanNode): string {
  const why = state.name === "failed" ? state.reason : state.name === "skipped" ? state.because : undefined;
  const parts = [
    `${id} [${state.name}${tries.length > 1 ? `, ${tries.length} tries` : ""}] ${title}`,
    `role ${role}`,
    ...(after.length > 0 ? [`after ${after.join(", ")}`] : []),
    ...(scope.length > 0 ? [`changes ${scope.join(", ")}`] : []),
    ...(why === undefined ? [] : [`because: ${oneLine(why, 400)}`]),
  ];
  return oneLine(parts.join("; "), 1_000);
}
