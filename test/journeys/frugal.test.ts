/** What a task costs of GitHub's limits, when nobody talks to it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "fixes" });
});
afterAll(() => orch.close());

/** What happens once: a bot finds out its own name, and a repository gets its labels, each with a colour. */
const ONCE = ["GET /users/{login}", "POST /repos/{owner}/{repo}/labels", "PATCH /repos/{owner}/{repo}/labels/{name}"];

/** A repository's rules are read once, and are unchanged from then on. */
const rulesRead = () =>
  orch.simulator.requests().filter(({ path, status }) => path.includes("/rules/branches/") && status === 200).length;

/** What the installation has spent since. */
async function costOf(use: () => Promise<void>): Promise<{ requests: number; contentWrites: number }> {
  const { installationId } = orch.repository;
  const before = orch.simulator.usage(installationId);
  const readBefore = rulesRead();
  await use();
  const after = orch.simulator.usage(installationId);
  const once = (usage: typeof after) => ONCE.reduce((sum, route) => sum + (usage.routes[route] ?? 0), 0);
  return {
    requests: after.requests - before.requests - (once(after) - once(before)) - (rulesRead() - readBefore),
    contentWrites: after.contentWrites - before.contentWrites,
  };
}

async function pullRequest(): Promise<Place> {
  const { repository } = orch;
  await orch.simulator.commit(repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
  const pull = { as: "maintainer", title: "Note", head: "topic", base: "main" };
  return { repository, number: (await orch.simulator.openPull(repository, pull)).number };
}

test("a task that nobody talks to costs at most 16 requests and 4 texts, and on a pull request one request more", async () => {
  const run = (place: Place) => async () => {
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  };
  const { repository, issue: number } = orch;
  const another = await orch.simulator.openIssue(repository, { as: "maintainer", title: "More tests fail" });
  const onPull = await pullRequest();
  const costs = {
    "the first of a repository": await costOf(run({ repository, number })),
    another: await costOf(run({ repository, number: another.number })),
    "on a pull request": await costOf(run(onPull)),
  };
  expect(rulesRead()).toBe(2); // of branches that we make, and of the pull request's
  for (const [what, { requests, contentWrites }] of Object.entries(costs)) {
    // That its branch is worked on, its comment says only where the run takes longer than a moment: that is the seventeenth.
    expect(requests, what).toBeLessThanOrEqual(what === "on a pull request" ? 17 : 16);
    expect(contentWrites, what).toBeLessThanOrEqual(4);
  }
});
