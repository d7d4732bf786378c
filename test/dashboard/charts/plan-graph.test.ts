import { expect, test } from "vitest";
import { planGraph } from "../../../dashboard/charts/plan-graph.ts";
import type { NodeHow, NodeView } from "../../../src/views/plan-view.ts";
import { planView } from "../../../src/views/plan-view.ts";
import { nodeWords } from "../../../src/words/plan-words.ts";
import { team, teamTask } from "../../report/sample-plans.ts";
import { HOSTILE_TEXT, pageFaults } from "../page-faults.ts";

const [, sample] = planView(team(), teamTask()).nodes;
const node = (id: string, changes: Partial<NodeView> = {}): NodeView => ({
  ...(sample as NodeView),
  id,
  after: [],
  ...changes,
});
const draw = (nodes: NodeView[]) => planGraph(nodes, ({ id }) => `/tasks/${encodeURIComponent(id)}`).text;

test("each node is a box with its state in words, its title and what it may change, which leads to its task", () => {
  const text = draw([
    node("sum", { how: "working", title: "Add exact numbers", scope: ["src/sum.js", "a", "b"], tries: 2 }),
  ]);
  expect(text).toContain('href="/tasks/sum"');
  for (const part of ["at work, try 2", "Add exact numbers", "src/sum.js and 2 more"])
    expect(text).toContain(`>${part}<`);
});

test("every state of a node has its sign and its words", () => {
  const hows = Object.keys(nodeWords) as NodeHow[];
  const text = draw(hows.map((how) => node(how, { how, tries: 1 })));
  for (const how of hows) expect(text).toContain(`>${nodeWords[how]}</text>`);
  expect([...text.matchAll(/href="#sign-\w+"/g)]).toHaveLength(hows.length);
});

test("what agents call their nodes is text, and stays within its box", () => {
  const text = draw([
    node(HOSTILE_TEXT, { title: HOSTILE_TEXT, scope: [HOSTILE_TEXT], why: HOSTILE_TEXT }),
    node("wide", { title: "価格の表示を各言語で正しくする処理を追加する".repeat(5) }),
    node("word", { title: "x".repeat(100), scope: [] }),
  ]);
  expect(pageFaults(text)).toEqual([]);
  const shown = [...text.matchAll(/<text[^>]*>([^<]*)</g)].map(([, words = ""]) =>
    words.replace(/&[a-z]+;|&#\d+;/g, "x"),
  );
  const widths = shown.map((words) => [...words].reduce((sum, sign) => sum + (sign > "\u2E7F" ? 2 : 1), 0));
  expect(Math.max(...widths)).toBeLessThanOrEqual(36);
});

test("fifty nodes are a picture of less than 60 kB", () => {
  const nodes = Array.from({ length: 50 }, (_, index) =>
    node(`n${index}`, { after: index > 3 ? [`n${index - 3}`, `n${index - 4}`] : [] }),
  );
  const text = draw(nodes);
  expect(text.length).toBeLessThan(60_000);
  expect(pageFaults(text)).toEqual([]);
});
