/**
 * Rules of the repository that would refuse the push, seen before an agent starts: as far as GitHub shows them, and only where
 * they refuse it for certain. The rest shows at the push, and is told then.
 * https://docs.github.com/en/rest/repos/rules
 */
import { z } from "zod";
import { classify, type Octokit } from "../github.ts";
import { BRANCH_ROOT, branchOf } from "../task/branch.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { Refused } from "./refused.ts";

type Repository = Pick<TaskSpec["repository"], "owner" | "name">;

/** `target`: whether the branch is a new one of ours, or somebody's pull request. `email`: that of our commits. */
type Push = { branch: string; target: TaskSpec["target"]["kind"]; email: string };

const ruleShape = z.object({
  type: z.string(),
  ruleset_id: z.number().optional(),
  parameters: z.looseObject({}).optional(),
});
type Rule = z.output<typeof ruleShape>;

const patternShape = z.object({ operator: z.string(), pattern: z.string(), negate: z.boolean().optional() });

const MAX_RULES = 100;

/** Stands for all of ours: asked for the same one each time, GitHub says that nothing has changed, which costs nothing. */
const SOME_BRANCH = `${BRANCH_ROOT}/0`;

/** `email`: what the bot's commits carry. Throws Refused, with the rule. */
export async function checkBranchRules(octokit: Octokit, spec: TaskSpec, email: string): Promise<void> {
  const branch = branchOf(spec);
  const { kind: target } = spec.target;
  const problem = await ruleAgainst(octokit, spec.repository, { branch, target, email });
  if (problem === undefined) return;
  const message = `A rule of this repository would refuse the push to \`${branch}\`: ${problem}. ${REMEDY}, then ask again.`;
  throw new Refused("branch_rules", message);
}

export const REMEDY = "Let the GitHub App bypass that rule, or except this branch from it";

/** What a rule has against the push, of those that the App may not bypass; undefined: nothing that is seen ahead. */
export async function ruleAgainst(octokit: Octokit, repository: Repository, push: Push): Promise<string | undefined> {
  const asked = push.target === "issue" ? SOME_BRANCH : push.branch;
  for (const rule of await rulesOf(octokit, repository, asked)) {
    const problem = problemOf(rule, push);
    if (problem !== undefined && !(await isBypassed(octokit, repository, rule))) return problem;
  }
  return undefined;
}

async function rulesOf(octokit: Octokit, repository: Repository, branch: string): Promise<Rule[]> {
  const place = { owner: repository.owner, repo: repository.name, branch, per_page: MAX_RULES };
  try {
    const { data } = await octokit.rest.repos.getBranchRules(place);
    return z.array(ruleShape).parse(data);
  } catch (error) {
    if (isUnseen(error)) return [];
    throw error;
  }
}

/** Rules are listed for everybody; whether one holds for us, only its ruleset says. */
async function isBypassed(octokit: Octokit, repository: Repository, rule: Rule): Promise<boolean> {
  if (rule.ruleset_id === undefined) return false;
  const place = { owner: repository.owner, repo: repository.name, ruleset_id: rule.ruleset_id };
  try {
    const { data } = await octokit.rest.repos.getRepoRuleset(place);
    return data.current_user_can_bypass !== "never";
  } catch (error) {
    // What is not shown refuses nothing for certain.
    if (isUnseen(error)) return true;
    throw error;
  }
}

/** An older server does not know the question, and not every installation may ask it. */
const isUnseen = (error: unknown): boolean => ["gone", "forbidden", "invalid"].includes(classify(error));

/** What the rule has against the push; undefined: nothing, or nothing that can be said ahead. */
function problemOf({ type, parameters }: Rule, { branch, target, email }: Push): string | undefined {
  switch (type) {
    case "required_signatures":
      return "commits must be signed, and Orch's are not";
    case "creation":
      return target === "issue" ? "such branches may not be created" : undefined;
    case "update":
      return target === "pull" ? "the branch may not be updated" : undefined;
    case "pull_request":
      return target === "pull" ? "changes of the branch need a pull request of their own" : undefined;
    case "branch_name_pattern":
      return target === "issue" ? mismatch(parameters, branch, "the branch's name") : undefined;
    case "commit_author_email_pattern":
    case "committer_email_pattern":
      return mismatch(parameters, email, "the e-mail address of Orch's commits");
    default:
      return undefined;
  }
}

/** A regular expression is GitHub's to judge: it has another grammar, and may take for ever. */
function mismatch(parameters: Rule["parameters"], text: string, what: string): string | undefined {
  const { data } = patternShape.safeParse(parameters);
  const matches = data && operators[data.operator]?.matches(text, data.pattern);
  if (data === undefined || matches === undefined || matches !== (data.negate ?? false)) return undefined;
  const pattern = data.pattern.replaceAll("`", "'").slice(0, 100);
  return `${what} must ${data.negate ? "not " : ""}${operators[data.operator]?.words} \`${pattern}\``;
}

type Operator = { words: string; matches: (text: string, pattern: string) => boolean };
const operators: Record<string, Operator> = {
  starts_with: { words: "start with", matches: (text, pattern) => text.startsWith(pattern) },
  ends_with: { words: "end with", matches: (text, pattern) => text.endsWith(pattern) },
  contains: { words: "contain", matches: (text, pattern) => text.includes(pattern) },
};
