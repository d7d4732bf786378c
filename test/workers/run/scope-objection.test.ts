import { expect, test } from "vitest";
import type { NodeState } from "../../../src/task/plan.ts";
import { judgePaths } from "../../../workers/run/node/scope-objection.ts";
import { planNode } from "../../support/team.ts";

const started: NodeState = { name: "started", at: 1 };
const own = planNode({ id: "api", scope: ["src/api/**"], state: started });
const other = planNode({ id: "web", title: "Show it", scope: ["src/web/**"], state: started });

test("a change within the scope, or of a file that tools write, stands in nobody's way", () => {
  expect(judgePaths(["src/api/a.ts", "package-lock.json", "CHANGELOG.md"], own, [own, other])).toEqual({ outside: [] });
});

test("a change elsewhere is noted, and comes back where another node works there right now", () => {
  expect(judgePaths(["docs/a.md"], own, [own, other])).toEqual({ outside: ["docs/a.md"] });
  const { objection, outside } = judgePaths(["docs/a.md", "src/web/a.ts"], own, [own, other]);
  expect(outside).toEqual(["docs/a.md", "src/web/a.ts"]);
  expect(objection).toMatchObject({
    as: "scope_exceeded",
    reason: expect.stringMatching(/`src\/web\/a\.ts`.*Show it/),
  });
  expect(objection?.reason).not.toContain("docs/a.md");
});

test("where the other one waits, is over, or shares its files as well, the change is only noted", () => {
  const paths = ["src/web/a.ts"];
  const others = [
    { ...other, state: { name: "waiting" as const } },
    { ...other, state: { name: "merged" as const, at: 1 } },
  ];
  for (const each of others) expect(judgePaths(paths, own, [own, each])).toEqual({ outside: paths });
  const [mine, theirs] = [own, other].map((node) => ({ ...node, shared: true })) as [typeof own, typeof own];
  expect(judgePaths(paths, mine, [mine, theirs])).toEqual({ outside: paths });
  expect(judgePaths(paths, mine, [mine, other]).objection).toBeDefined();
});

test("one that is to change nothing hears of every change", () => {
  const reads = planNode({ id: "review", scope: [], state: started });
  expect(judgePaths(["a.md"], reads, [reads])).toMatchObject({ objection: { as: "scope_exceeded" }, outside: [] });
  expect(judgePaths([], reads, [reads])).toEqual({ outside: [] });
});
