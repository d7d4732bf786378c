/**
 * What would keep work from being published in the repositories that the App is installed on, as far as GitHub shows it ahead: a
 * repository that is archived, a branch that leaves no room for ours, a rule against them. Bounded: of many repositories those
 * are looked at to which somebody has pushed last. Nothing is changed.
 */
import { emailOf } from "../../src/app-identity.ts";
import type { BotConfig } from "../../src/config.ts";
import { classify, type GitHub, makeGitHub } from "../../src/github.ts";
import { type Installed, repositoriesOf } from "../../src/installed.ts";
import { makeLog } from "../../src/log.ts";
import { BRANCH_ROOT } from "../../src/task/branch.ts";
import { REMEDY, ruleAgainst } from "../../src/workers-api/branch-rules.ts";
import { type Check, note, ok, problem, reasonOf } from "./check.ts";

/** Two requests each; and the time for all of them, ms. */
const MOST_LOOKED_AT = 50;
const AT_ONCE = 5;
const WITHIN_MS = 30_000;

/** Stands for all names that Orch gives its branches. */
const A_BRANCH = `${BRANCH_ROOT}/1-fix-the-tests-t2222222`;

/** `installations`: ids of those that are not suspended. */
export async function checkRepositories(config: BotConfig, installations: readonly number[]): Promise<Check[]> {
  const log = makeLog("silent", "doctor");
  const github = makeGitHub(config, log);
  const over = AbortSignal.timeout(WITHIN_MS);
  const keepOn = async () => over.throwIfAborted();
  const all: Installed[] = [];
  try {
    for (const id of installations) all.push(...((await repositoriesOf({ github, log }, id, keepOn)) ?? []));
  } catch (error) {
    return [note("repositories", `GitHub does not list all of them: ${reasonOf(error)}`)];
  }
  const archived = all.filter(({ isArchived }) => isArchived).map(({ owner, name }) => `${owner}/${name}`);
  const latest = all
    .filter(({ isArchived }) => !isArchived)
    .toSorted((one, other) => (one.pushedAt < other.pushedAt ? 1 : -1));
  const looked = await lookAt(github, latest.slice(0, MOST_LOOKED_AT), over);
  return [...told(looked, latest.length), ...toldArchived(archived)];
}

type Look = Check[] | "not looked at";

async function lookAt(github: GitHub, repositories: readonly Installed[], over: AbortSignal): Promise<Look[]> {
  const looks: Look[] = [];
  for (let at = 0; at < repositories.length; at += AT_ONCE) {
    const some = repositories.slice(at, at + AT_ONCE);
    looks.push(
      ...(await Promise.all(
        some.map(async (each): Promise<Look> => (over.aborted ? "not looked at" : checkOne(github, each))),
      )),
    );
  }
  return looks;
}

async function checkOne(github: GitHub, { owner, name, installationId }: Installed): Promise<Look> {
  const where = `${owner}/${name}`;
  try {
    const octokit = await github.forInstallation(installationId);
    const email = emailOf(await github.appIdentity(installationId));
    const [isInTheWay, rule] = await Promise.all([
      hasBranch(octokit, { owner, repo: name, branch: BRANCH_ROOT }),
      ruleAgainst(octokit, { owner, name }, { branch: A_BRANCH, target: "issue", email }),
    ]);
    return [
      ...(isInTheWay
        ? [
            problem(
              where,
              `has a branch \`${BRANCH_ROOT}\`, and git cannot have \`${A_BRANCH}\` beside it`,
              "rename or delete that branch",
            ),
          ]
        : []),
      ...(rule === undefined
        ? []
        : [problem(where, `a rule would refuse branches such as \`${A_BRANCH}\`: ${rule}`, REMEDY)]),
    ];
  } catch {
    return "not looked at";
  }
}

type Octokit = Awaited<ReturnType<GitHub["forInstallation"]>>;

async function hasBranch(octokit: Octokit, { branch, ...place }: { owner: string; repo: string; branch: string }) {
  try {
    const { data } = await octokit.rest.git.getRef({ ...place, ref: `heads/${branch}` });
    return data.ref === `refs/heads/${branch}`;
  } catch (error) {
    // 409: a repository without a commit.
    if (classify(error) === "gone" || (error as { status?: unknown }).status === 409) return false;
    throw error;
  }
}

function told(looks: readonly Look[], count: number): Check[] {
  const found = looks.filter((look) => look !== "not looked at");
  const problems = found.flat();
  if (count === 0) return [];
  const few = found.length < count ? `${found.length} of ${count}, those with the latest pushes` : String(count);
  const sum = `looked at ${few}: ${problems.length === 0 ? "nothing seen that would refuse Orch's branches" : "see below"}`;
  return [found.length < count ? note("repositories", sum) : ok("repositories", sum), ...problems];
}

const MOST_NAMED = 10;

function toldArchived(archived: readonly string[]): Check[] {
  if (archived.length === 0) return [];
  const more = archived.length > MOST_NAMED ? ` and ${archived.length - MOST_NAMED} more` : "";
  const detail = `nothing can be done there, they are read-only: ${archived.slice(0, MOST_NAMED).join(", ")}${more}`;
  return [note("archived", detail)];
}
