/** What would make publishing impossible is seen before an agent starts, and told with what to do. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "fixes" });
});
afterAll(() => orch.close());

/** The agent never starts; the person hears why. */
async function isRefused(place: Place, words: RegExp) {
  const { taskId } = await orch.command("/orch fix the tests", place);
  expect(await orch.told(taskId)).toMatchObject({ kind: "refused", reason: expect.stringMatching(words) });
  expect(await orch.progressComment(/Not started/, place)).toContain("ask");
  expect(await orch.agentOutput(taskId)).toBe("");
  expect(orch.simulator.state.pulls(place.repository).filter((pull) => pull.number !== place.number)).toEqual([]);
}

test("commits must be signed", async () => {
  const place = await orch.place();
  orch.simulator.setRules(place.repository, { signedCommits: true });
  await isRefused(place, /commits must be signed.*bypass that rule/);
});

test("branches may not be created, unless the App may bypass that", async () => {
  const place = await orch.place();
  orch.simulator.setRules(place.repository, { shown: [{ type: "creation" }] });
  await isRefused(place, /such branches may not be created/);
  orch.simulator.setRules(place.repository, { bypass: true });
  const { taskId } = await orch.command("/orch fix the tests", place);
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
});

test("there is a branch that leaves no room for ours", async () => {
  const place = await orch.place();
  await orch.simulator.commit(place.repository, "orch", { "note.txt": "x\n" }, "Add a note", "maintainer");
  await isRefused(place, /The repository has a branch `orch`/);
});

test("the installation may not write contents, until its owner accepts that", async () => {
  const repository = await orch.simulator.createRepository({
    owner: "frugal-org",
    name: "calculator",
    files: { "README.md": "# Calculator\n" },
    collaborators: { maintainer: "admin" },
  });
  const { number } = await orch.simulator.openIssue(repository, { as: "maintainer", title: "Tests fail" });
  const all = { issues: "write", pull_requests: "write", checks: "write", statuses: "read", metadata: "read" } as const;
  orch.simulator.setInstallationPermissions(repository.installationId, { ...all, contents: "read" });
  await isRefused({ repository, number }, /lacks the permission `contents: write`/);
});
