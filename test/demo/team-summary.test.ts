import { describe, expect, test } from "vitest";
import { missingFrom } from "../../demo/team-summary.ts";

type Seen = Parameters<typeof missingFrom>[0];
const node = (id: string, tries = 1) => ({ id, role: "developer", how: "merged", tries });
const seen: Seen = {
  outcome: "pull_request",
  pullRequest: { number: 2, url: "http://github.test/2", draft: true },
  before: { passed: 2, failed: 0 },
  after: { passed: 5, failed: 0 },
  commits: ["a Add it"],
  nodes: [node("a"), node("b"), node("c", 2), node("d")],
  met: { messages: 0, conflicts: 1, blockers: 0, tries: 1, hostsLost: 1, questions: 1 },
  ms: 30_000,
  violations: 0,
};

describe("the demo of a team", () => {
  test("is as promised when all of it was to be seen", () => {
    expect(missingFrom(seen, 1)).toEqual([]);
  });

  test.each<[string, Partial<Seen>, number]>([
    ["one draft pull request", {}, 2],
    ["one draft pull request", { outcome: "agent_failed" }, 1],
    ["four nodes, all of them merged", { nodes: seen.nodes.slice(1) }, 1],
    ["more tests than before, and none that fails", { after: { passed: 5, failed: 1 } }, 1],
    ["one question, answered by a person", { met: { ...seen.met, questions: 0 } }, 1],
    ["a conflict between two nodes", { met: { ...seen.met, conflicts: 0 } }, 1],
    ["a node that failed and was tried again", { nodes: ["a", "b", "c", "d"].map((id) => node(id)) }, 1],
    ["a host that was killed", { met: { ...seen.met, hostsLost: 0 } }, 1],
    ["no violation of GitHub's schema", { violations: 1 }, 1],
  ])("says what is missing: %s", (what, changes, pulls) => {
    expect(missingFrom({ ...seen, ...changes }, pulls)).toEqual([what]);
  });
});
