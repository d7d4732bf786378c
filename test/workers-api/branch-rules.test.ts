import nock from "nock";
import { ProbotOctokit } from "probot";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { branchOf } from "../../src/task/branch.ts";
import type { Target } from "../../src/task/task-spec.ts";
import { checkBranchRules } from "../../src/workers-api/branch-rules.ts";
import { makeSpec } from "../support/task-spec.ts";

const API = "https://api.github.test";
const REPO = "/repos/octo-org/calculator";
const EMAIL = "5+orch[bot]@users.noreply.github.com";
const octokit = new ProbotOctokit({ baseUrl: API, retry: { enabled: false }, throttle: { enabled: false } });
const spec = makeSpec({});
const target: Target = {
  kind: "pull",
  defaultBranch: "main",
  headRef: "topic",
  headSha: "0".repeat(40),
  baseRef: "main",
};
const onPull = makeSpec({ target });

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

type Rule = { type: string; ruleset_id?: number; parameters?: object };
const rules = (status: number, body: Rule[] | object) =>
  nock(API)
    .get(new RegExp(`^${REPO}/rules/branches/`))
    .reply(status, body as nock.Body);
const ruleset = (status: number, body: object) =>
  nock(API)
    .get(`${REPO}/rulesets/9`)
    .reply(status, body as nock.Body);
const pattern = (type: string, operator: string, text: string, negate?: boolean): Rule => ({
  type,
  parameters: { operator, pattern: text, ...(negate !== undefined && { negate }) },
});

const check = (to = spec) => checkBranchRules(octokit, to, EMAIL);
const refused = (words: string) => ({ code: "branch_rules", message: expect.stringContaining(words) });

describe("a rule that refuses the push for certain is told ahead", () => {
  test.each<[string, Rule, typeof spec, string]>([
    ["signed commits", { type: "required_signatures" }, spec, "must be signed"],
    ["no new branches", { type: "creation" }, spec, "may not be created"],
    ["no updates", { type: "update" }, onPull, "may not be updated"],
    ["changes by pull request only", { type: "pull_request" }, onPull, "need a pull request"],
    [
      "names of branches",
      pattern("branch_name_pattern", "starts_with", "feature/"),
      spec,
      "must start with `feature/`",
    ],
    [
      "names that are not allowed",
      pattern("branch_name_pattern", "contains", "orch", true),
      spec,
      "must not contain `orch`",
    ],
    [
      "e-mail addresses",
      pattern("commit_author_email_pattern", "ends_with", "@octo.org"),
      spec,
      "must end with `@octo.org`",
    ],
  ])("%s", async (_what, rule, to, words) => {
    rules(200, [rule]);
    await expect(check(to)).rejects.toMatchObject(refused(words));
    expect(branchOf(to)).not.toBe("");
  });
});

describe("a rule that does not, is left for the push to show", () => {
  test.each<[string, Rule, typeof spec]>([
    ["new branches, where there is one", { type: "creation" }, onPull],
    ["updates, of a branch that is new", { type: "update" }, spec],
    ["a pattern that fits", pattern("branch_name_pattern", "starts_with", "orch/"), spec],
    ["a regular expression", pattern("branch_name_pattern", "regex", "^(a+)+$"), spec],
    ["what a commit says", pattern("commit_message_pattern", "starts_with", "JIRA-"), spec],
    ["a rule of next year", { type: "something_new" }, spec],
  ])("%s", async (_what, rule, to) => {
    rules(200, [rule]);
    await check(to);
  });

  test.each([404, 403])("rules that GitHub does not show (%i)", async (status) => {
    rules(status, { message: "no" });
    await check();
  });

  test.each([
    ["that the App may bypass", 200, { current_user_can_bypass: "always" }],
    ["whose ruleset is not shown", 404, { message: "Not Found" }],
  ])("rules %s", async (_what, status, body) => {
    rules(200, [{ type: "required_signatures", ruleset_id: 9 }]);
    ruleset(status, body);
    await check();
  });
});

test("a ruleset that holds for the App refuses", async () => {
  rules(200, [{ type: "required_signatures", ruleset_id: 9 }]);
  ruleset(200, { current_user_can_bypass: "never" });
  await expect(check()).rejects.toMatchObject(refused("must be signed"));
});

test("a failure of GitHub's is no rule: it is asked again", async () => {
  rules(502, { message: "Bad Gateway" });
  await expect(check()).rejects.toMatchObject({ status: 502 });
});
