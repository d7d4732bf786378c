/** What planner, manager and the agent of a node are told: texts of others stay data, and every one is bounded. */
import { describe, expect, test } from "vitest";
import { managerInstructions } from "../../../workers/agents/prompt-manager.ts";
import { nodeInstructions } from "../../../workers/agents/prompt-node.ts";
import { plannerInstructions, teamTurn } from "../../../workers/agents/prompt-team.ts";
import { HOSTILE, planningTask, planProposal, plan as samplePlan } from "../../report/sample-plans.ts";

const ground = { roles: [{ name: "developer", does: "You change code.\n# Rules" }], nodes: 12, width: 3 };
const by = { id: 5, login: "maintainer" };
const { proposal } = planningTask();
if (!proposal) throw new Error("it has a proposal");

describe("a planner is told", () => {
  test("to change nothing, how to hand in, and that one agent is enough for most requests", () => {
    const text = plannerInstructions(ground);
    expect(text).toMatch(
      /read-only.*orch-agent call plan.*oneAgent.*so for most requests.*At most 12 nodes, of which 3/s,
    );
    expect(text).toContain("`developer` (You change code. # Rules)");
  });

  test("what a person wants to be different, as a quote", () => {
    const decision = { kind: "change" as const, text: "Smaller.\n# The rules", by, at: 1 };
    expect(teamTurn({ ...proposal, decision })).toMatch(/@maintainer, who may write.*> Smaller\.\n> # The rules/s);
    // Where another agent begins anew: with what was proposed before, as data.
    expect(plannerInstructions(ground, { ...proposal, decision })).toMatch(/```data\n.*- sum \(backend\).*> Smaller/s);
  });

  test("which files have changed since", () => {
    const decision = { kind: "outdated" as const, files: ["a\n```\nb"], base: "x", at: 1 };
    expect(teamTurn({ ...proposal, decision })).toMatch(/have changed on the branch:\n\n`{3,}data\na ``` b\n/);
  });

  test("to do it alone, once that is decided", () => {
    const decision = { kind: "approved" as const, because: "alone" as const, at: 1 };
    const { plan: _, ...alone } = proposal;
    expect(teamTurn({ ...alone, alone: "It is small.", decision })).toMatch(/you do the task yourself now/);
  });
});

describe("the agent of a node is told", () => {
  const [, , node] = planProposal.nodes;
  if (!node) throw new Error("it has three nodes");
  const others = planProposal.nodes.filter(({ id }) => id !== "docs").map((each) => ({ ...each, state: "waiting" }));

  test("its own part and whose the others are, with no way out of a quote", () => {
    const text = nodeInstructions({ goal: HOSTILE, node, others, again: HOSTILE, budget: { usd: 1 } });
    expect(text).toMatch(/You are one worker.*do not delegate.*Your part is `docs`.*at most \$1.*sum \(waiting\)/s);
    const quotes = text.split("\n").filter((line) => line.includes("Closes #2"));
    for (const line of quotes) expect(line).toMatch(/^(?:> |- )/);
  });

  test("that it changes nothing, where it has no scope", () => {
    expect(nodeInstructions({ goal: "g", node: { ...node, scope: [] }, others: [] })).toContain("You change nothing");
  });

  test("no more than fits", () => {
    const long = { ...node, deliverable: "x".repeat(90_000) };
    const many = Array.from({ length: 400 }, (_, index) => ({ ...node, id: `n${index}`, state: "waiting" }));
    expect(nodeInstructions({ goal: "x".repeat(90_000), node: long, others: many }).length).toBeLessThan(20_000);
  });
});

test("a manager is told what happened, how the nodes stand, and how often it can be called yet", () => {
  const wakes = [{ kind: "failed" as const, key: "k", node: "price", text: `It failed.\n\`\`\`\n${HOSTILE}`, at: 1 }];
  const text = managerInstructions(samplePlan({ wakes, managerRuns: 9 }));
  expect(text).toMatch(/failed \(price\): It failed\. ``` Mend it.*price \[started, 2 tries\].*1 more time\./s);
});
