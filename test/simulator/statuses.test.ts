/** Commit statuses: written by people and the App, combined, limited, and told. */
import { expect, test } from "vitest";
import { asBot, person, receiver, sample } from "./support/setting.ts";

test("of each context the latest counts, and the worst of them decides", async () => {
  const { github, repo, at } = await sample();
  const bot = await asBot(github, repo.installationId);
  const sha = github.state.branches(repo).main ?? "";
  const state = async () => (await bot.repos.getCombinedStatusForRef({ ...at, ref: "main" })).data.state;
  expect(await state()).toBe("pending");
  await bot.repos.createCommitStatus({ ...at, sha, state: "success", context: "orch" });
  expect(await state()).toBe("success");
  await github.setStatus(repo, sha, { as: "maintainer", state: "failure", context: "ci", description: "2 fail" });
  expect(await state()).toBe("failure");
  await github.setStatus(repo, sha, { as: "maintainer", state: "pending", context: "ci" });
  expect(await state()).toBe("pending");
  const combined = (await bot.repos.getCombinedStatusForRef({ ...at, ref: sha })).data;
  expect([combined.total_count, combined.statuses.length]).toEqual([2, 2]);
  const all = (await bot.repos.listCommitStatusesForRef({ ...at, ref: sha })).data;
  expect(all.map((each) => `${each.context} ${each.state} by ${each.creator?.login}`)).toEqual([
    "ci pending by maintainer",
    "ci failure by maintainer",
    "orch success by orch[bot]",
  ]);
  expect(github.state.statuses(repo, sha)).toHaveLength(3);
});

test("a status is told with its commit and the branches whose tip it is", async () => {
  const { github, repo, at } = await sample();
  const sha = github.state.branches(repo).main ?? "";
  const heard = await receiver(github);
  const target_url = "http://127.0.0.1/task/1";
  await person(github, "maintainer").repos.createCommitStatus({
    ...at,
    sha,
    state: "error",
    context: "ci",
    target_url,
  });
  await github.idle();
  expect(heard.map((each) => each.headers["x-github-event"])).toEqual(["status"]);
  const { state, context, branches, commit, sender, ...told } = JSON.parse(heard[0]?.body ?? "{}");
  expect([state, context, told.target_url, commit.sha, sender.login]).toEqual([
    "error",
    "ci",
    target_url,
    sha,
    "maintainer",
  ]);
  expect(branches.map((each: { name: string }) => each.name)).toEqual(["main"]);
});

test("a description has 140 characters, a target is an http address, and 1,000 statuses of one context are all", async () => {
  const { github, repo, at } = await sample({ events: [] });
  const bot = await asBot(github, repo.installationId);
  const sha = github.state.branches(repo).main ?? "";
  const say = (more: object) =>
    bot.repos.createCommitStatus({ ...at, sha, state: "success", context: "orch", ...more });
  const refused = expect.objectContaining({ status: 422 });
  expect((await say({ description: "x".repeat(140) })).status).toBe(201);
  await expect(say({ description: "x".repeat(141) })).rejects.toEqual(refused);
  await expect(say({ target_url: "javascript:alert(1)" })).rejects.toEqual(refused);
  for (let n = 1; n < 1_000; n += 1)
    await github.setStatus(repo, sha, { as: "maintainer", state: "success", context: "orch" });
  await expect(say({})).rejects.toThrow("maximum number of statuses");
  expect((await say({ context: "another" })).status).toBe(201);
});
