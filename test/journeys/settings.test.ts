/** What somebody sets before a request reaches the branch, the agent's program and GitHub. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";

describe("somebody sets before the request", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "fixes", repositoryFile: "verify: node --test\n" });
  });
  afterAll(() => orch.close());

  test("a base: the work starts from that branch, and its pull request is to be merged there", async () => {
    await orch.simulator.commit(orch.repository, "release-2", { "only-there.txt": "2\n" }, "Branch off", "maintainer");
    const { taskId } = await orch.command("/orch base=release-2 fix the failing tests");
    const outcome = await orch.told(taskId);
    expect(outcome).toMatchObject({ kind: "pull_request" });
    const pull = orch.simulator.state.pulls(orch.repository).at(-1);
    expect(pull?.pull).toMatchObject({ baseRef: "release-2", draft: true });
    const fileAt = (path: string) => orch.simulator.state.fileAt(orch.repository, pull?.pull.headRef ?? "", path);
    expect([fileAt("only-there.txt"), fileAt("add.js")]).toEqual(["2\n", expect.stringContaining("a + b")]);
  });

  test("a model that the agent cannot be told: the task is refused before anything runs", async () => {
    const { taskId } = await orch.command("/orch model=opus fix the failing tests");
    const reason = expect.stringMatching(/`fixes` cannot be told which model to use/);
    expect(await orch.told(taskId)).toEqual({ kind: "refused", reason });
    expect(await orch.agentOutput(taskId)).toBe("");
  });

  test("an agent, and another one when the first has failed", async () => {
    const place = await orch.place({ agent: "fails" });
    const first = await orch.command("/orch fix the failing tests", place);
    expect(await orch.told(first.taskId)).toMatchObject({ kind: "agent_failed" });
    const second = await orch.command("/orch retry agent=fixes", place);
    expect(await orch.told(second.taskId)).toMatchObject({ kind: "pull_request" });
    const { spec, runs } = (await orch.store.read(second.taskId)) ?? {};
    expect(spec?.instruction).toBe("fix the failing tests");
    expect(runs?.at(-1)?.progress.agent).toBe("fixes");
  });
});
