/** The rules of a branch as the rules API shows them to the App, and whether it may bypass their ruleset. */
import { expect, test } from "vitest";
import { asBot, sample } from "./support/setting.ts";

test("rules are shown for branches that do not exist yet, with their ruleset, which says whether the App may bypass it", async () => {
  const { github, repo, at } = await sample();
  const bot = await asBot(github, repo.installationId);
  const rules = async () => (await bot.repos.getBranchRules({ ...at, branch: "orch/1-x" })).data;
  expect(await rules()).toEqual([]);
  github.setRules(repo, { signedCommits: true, shown: [{ type: "creation" }] });
  const shown = await rules();
  expect(shown.map(({ type }) => type)).toEqual(["required_signatures", "creation"]);
  const [{ ruleset_id = 0 } = {}] = shown;
  const bypass = async () => (await bot.repos.getRepoRuleset({ ...at, ruleset_id })).data.current_user_can_bypass;
  expect(await bypass()).toBe("never");
  github.setRules(repo, { bypass: true });
  expect(await bypass()).toBe("always");
  await expect(bot.repos.getRepoRuleset({ ...at, ruleset_id: 1 })).rejects.toMatchObject({ status: 404 });
});
