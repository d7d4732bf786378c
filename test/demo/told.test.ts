import { expect, test } from "vitest";
import { isTold } from "../../demo/told.ts";
import type { CheckRun } from "../../simulator/store/model.ts";
import type { Task } from "../../src/task/task.ts";

const task = (pushed?: { sha: string }) => ({ pushed }) as Task;
const scene = (labels: string[], ...checks: Pick<CheckRun, "name" | "sha" | "status">[]) => ({
  repository: { fullName: "maintainer/bicycle-shop" } as Parameters<typeof isTold>[0]["repository"],
  issue: 1,
  simulator: {
    state: {
      labels: () => labels,
      checkRuns: (_repository: unknown, sha?: string) => checks.filter((each) => each.sha === sha) as CheckRun[],
    },
  },
});
const check = (status: CheckRun["status"]) => ({ name: "orch", sha: "abc", status });

test("the end is told when the label says so and the check run on the pushed commit is concluded", () => {
  expect(isTold(scene(["orch:done"], check("completed")), task({ sha: "abc" }))).toBe(true);
});

test.each([
  ["without a label", scene([], check("completed"))],
  ["while it runs", scene(["orch:running"], check("completed"))],
  ["without a check run", scene(["orch:done"])],
  ["with a check run that is not concluded", scene(["orch:done"], check("in_progress"))],
  ["with a check run on another commit", scene(["orch:done"], { ...check("completed"), sha: "def" })],
])("not %s", (_what, shown) => {
  expect(isTold(shown, task({ sha: "abc" }))).toBe(false);
});

test("of a task that pushed nothing the label tells all", () => {
  expect(isTold(scene(["orch:failed"]), task())).toBe(true);
});
