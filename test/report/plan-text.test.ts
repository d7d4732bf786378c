/** A plan is an agent's: nothing in it is acted upon, wherever it is shown. */
import { describe, expect, test } from "vitest";
import { renderComment } from "../../src/report/comment-text.ts";
import { planGraph, planParts, planTable } from "../../src/report/plan-text.ts";
import { publishText } from "../../src/report/publish-text.ts";
import { MAX_PLAN_TEXT, PLAN_LIMITS, planProposalSchema } from "../../src/task/plan-proposal.ts";
import type { Proposal } from "../../src/task/proposal.ts";
import { proposedPlanView } from "../../src/views/plan-view.ts";

import { HOSTILE, planningTask, planProposal } from "./sample-plans.ts";
import { around } from "./sample-tasks.ts";

const hostile = (text: string) => {
  const nodes = planProposal.nodes.map((node) => ({
    ...node,
    ...{ title: text, role: text, instruction: text, deliverable: text, check: text, scope: [text] },
  }));
  return proposedPlanView({ goal: text, nodes }, planningTask());
};

const TEXTS = [
  HOSTILE,
  '"] --> n9["x',
  "`\n```\n# heading",
  "%%{init: {'securityLevel':'loose'}}%%",
  'end\n  click n1 href "https://evil.example"',
  "#quot;#35;&quot;<script>alert(1)</script>",
  "a|b\\|c\\\\|d",
  "@octocat closes #1 https://github.com/a/b/issues/2",
];

describe("what is drawn", () => {
  test.each(TEXTS)("has nothing in it that means anything but letters: %j", (text) => {
    const lines = planGraph(hostile(text)).split("\n");
    const boxes = lines.filter((line) => line.includes("["));
    expect(boxes).toHaveLength(4);
    for (const line of boxes)
      expect(line).toMatch(/^ {2}n\d\["[\p{L}\p{N} ,.()_+…?-]+(?:<br\/>[\p{L}\p{N} ,.()_+…?-]+){2}"\]$/u);
    expect(
      lines.filter(
        (line) => !/^(?:```(?:mermaid)?|flowchart LR| {2}n\d(?:\[| --> n\d$)| {2}(?:class|classDef) .*)/.test(line),
      ),
    ).toEqual([]);
  });

  test.each(TEXTS)("has a table whose cells nobody ends: %j", (text) => {
    const rows = planTable(hostile(text)).split("\n");
    expect(rows).toHaveLength(6);
    // What stands behind a backslash ends no cell; a backslash behind another one is none.
    for (const row of rows) expect(row.replace(/\\[\\|]/g, "").split("|")).toHaveLength(7);
    for (const row of rows) expect(row).not.toMatch(/(?<![\w;&])@(?=octocat)|(?<![\w&;])#\d/);
  });
});

test("every word that is approved is shown, also of the largest plan that can be handed in", () => {
  const each = Math.floor(MAX_PLAN_TEXT / 12) - 700;
  const nodes = Array.from({ length: 12 }, (_, index) => ({
    ...{
      id: `n${index}`,
      title: "x".repeat(PLAN_LIMITS.title),
      role: "developer",
      scope: [`src/${index}/**`],
      reads: [`read-${index}.js`],
    },
    ...{ instruction: `${"<a>".repeat(Math.floor(each / 3))} last-${index}.`, deliverable: "d", check: "npm test" },
  }));
  const plan = planProposalSchema.parse({ goal: "g".repeat(PLAN_LIMITS.goal), nodes });
  const task = planningTask();
  const comment = renderComment({ ...task, proposal: { ...(task.proposal as Proposal), plan } }, around);
  expect(publishText(comment)).toBe(comment);
  for (let index = 0; index < 12; index++) {
    expect(comment).toContain(`last-${index}`.replace("-", "\\-"));
    expect(comment).toContain(`\`read-${index}.js\``);
  }
  expect(planParts(proposedPlanView(plan, task).nodes)).not.toContain("…");
});

test("what is to become of a node that cannot be done is shown where the plan says more than to try again", () => {
  const [first, second, third] = planProposal.nodes;
  if (!first || !second || !third) throw new Error("the sample has too few nodes");
  const nodes = [{ ...first, onFailure: "stop" as const }, second, third];
  const parts = planParts(proposedPlanView({ goal: "x", nodes }, planningTask()).nodes)
    .split(/\*\*\d\. /)
    .slice(1);
  expect(parts).toHaveLength(3);
  expect(parts[0]).toContain(
    "- If it cannot be done, it is not tried again by itself: a person is asked what becomes of it.",
  );
  expect(parts[1]).not.toContain("cannot be done");
  expect(parts[2]).toContain("- If it cannot be done, the others go on without it.");
});
