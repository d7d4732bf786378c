import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { traceIdOf } from "../../src/task/trace.ts";
import { type Orch, startOrch } from "../support/orch.ts";

describe("a maintainer writes /orch fix the failing tests", () => {
  let orch: Orch;
  beforeEach(async () => {
    orch = await startOrch({ agent: "fixes", repositoryFile: "verify: node --test\n" });
  });
  afterEach(() => orch.close());

  test("a draft pull request with green tests comes back, and the issue tells the story", async () => {
    const { commentId, taskId } = await orch.command("/orch fix the failing tests");
    expect(await orch.settled(taskId)).toMatchObject({ kind: "pull_request", number: 2 });

    expect(await orch.progressComment(/#2/)).toMatch(/node --test.*passed/);
    const [pull] = orch.simulator.state.pulls(orch.repository);
    expect(pull).toMatchObject({ number: 2, state: "open", pull: { draft: true } });
    expect(pull?.body).toContain(`Refs #${orch.issue}`);
    expect(orch.simulator.state.fileAt(orch.repository, pull?.pull.headRef ?? "", "add.js")).toBe(
      "export const add = (a, b) => a + b;\n",
    );
    await orch.simulator.waitFor(() => orch.simulator.state.labels(orch.repository, orch.issue).includes("orch:done"));
    await orch.simulator.waitFor(() =>
      orch.simulator.state.reactions(orch.repository, commentId).some((reaction) => reaction.content === "hooray"),
    );
    const checks = await orch.simulator.waitFor(() => {
      const runs = orch.simulator.state.checkRuns(orch.repository, pull?.pull.headSha);
      return runs.some((run) => run.status === "completed") && runs;
    });
    expect(checks).toHaveLength(1);
    expect(checks[0]).toMatchObject({ name: "orch", conclusion: "success" });
    // Whoever has a line of the host's log finds the task's trace by it.
    expect(orch.host.log()).toContain(`"task":"${taskId}","trace_id":"${traceIdOf(taskId)}"`);
  });

  test("the next task of a repository that did not change fetches nothing", async () => {
    const fetches = () => orch.simulator.requests().filter(({ path }) => path.endsWith("/git-upload-pack")).length;
    const first = await orch.command("/orch fix the failing tests");
    expect(await orch.settled(first.taskId)).toMatchObject({ kind: "pull_request" });
    const before = fetches();
    expect(before).toBeGreaterThan(0);
    const second = await orch.command("/orch fix the failing tests");
    expect(await orch.settled(second.taskId)).toMatchObject({ kind: "pull_request" });
    expect(fetches()).toBe(before);
  });
});
