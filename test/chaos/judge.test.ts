import { describe, expect, test } from "vitest";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Task } from "../../src/task/task.ts";
import { headline } from "../../src/words/task-words.ts";
import type { Orch } from "../support/orch.ts";
import { makeSpec } from "../support/task-spec.ts";
import type { Asked } from "./asker.ts";
import { judge } from "./judge.ts";

const spec = makeSpec();
const branch = `orch/1-fix-the-tests-${spec.id.slice(0, 8)}`;
const published: Outcome = { kind: "pull_request", number: 2, url: "https://github.test/octo-org/calculator/pull/2" };
const failed: Outcome = { kind: "host_error", message: "The disk is full." };
const witness = { look: () => {}, seen: () => 0, startedTwice: () => [] };

const settled = (outcome: Outcome): Task => ({
  spec,
  state: { name: "settled", outcome, at: 1 },
  ...{ epoch: 1, version: 1, crashes: [], runs: [] },
});
const telling = (task: Task) => `### ✅ ${headline(task)}\n\n<!-- task=${spec.id} kind=progress -->`;

/** What the judge says of one task, GitHub being so. */
async function judged(task: Task | undefined, shown: { comments: string[]; pulls: string[]; branches: string[] }) {
  const orch = {
    dir: "/nowhere",
    store: { read: async () => task },
    botComments: () => shown.comments.map((body) => ({ id: 1, body })),
    simulator: {
      state: {
        pulls: () => shown.pulls.map((headRef) => ({ pull: { headRef } })),
        branches: () => Object.fromEntries(["main", ...shown.branches].map((name) => [name, "sha"])),
      },
    },
  } as unknown as Orch;
  const place = { repository: { fullName: "octo-org/calculator" }, number: 1 } as Asked["place"];
  const found = await judge(orch, [{ place, taskId: spec.id }], witness);
  return found.map((each) => each.replace(/^task \w+ \(\S+\): /, ""));
}

describe("the judge of a campaign", () => {
  const task = settled(published);
  const good = { comments: [telling(task)], pulls: [branch], branches: [branch] };

  test("has nothing to say of a task with one comment, one branch and one pull request", async () => {
    expect(await judged(task, good)).toEqual([]);
  });

  test("names a task that has no record, or whose comment does not tell the end", async () => {
    expect(await judged(undefined, good)).toEqual(["lost: it has no end"]);
    const stale = good.comments.map((body) => body.replace(headline(task), "Working"));
    expect(await judged(task, { ...good, comments: stale })).toEqual([
      expect.stringContaining("lost: its comment says"),
    ]);
  });

  test("names what is there twice", async () => {
    const twice = { comments: [telling(task), telling(task)], pulls: [branch, branch], branches: [branch] };
    expect(await judged(task, twice)).toEqual(["2 progress comments", "2 pull requests, and it ended as pull_request"]);
  });

  test("names a task that is told as failed while its branch stands on GitHub", async () => {
    const told = { comments: [telling(settled(failed))], pulls: [], branches: [branch] };
    expect(await judged(settled(failed), told)).toEqual(["1 branches, and it ended as host_error"]);
    expect(await judged(settled(failed), { ...told, branches: [] })).toEqual([]);
  });
});
