/** What doctor sees, ahead of any task, of repositories that would take no work of Orch's. */
import { expect, test } from "vitest";
import type { Check } from "../../../cli/doctor/check.ts";
import { checkGitHub } from "../../../cli/doctor/github.ts";
import { sample } from "../../simulator/support/setting.ts";

type GitHub = Awaited<ReturnType<typeof sample>>["github"];

/** The checks that are no praise, as lines. */
async function found(github: GitHub): Promise<string[]> {
  const checks = await checkGitHub({
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: github.app.webhookSecret,
    WORKER_SECRET: "w".repeat(64),
    REDIS_URL: "redis://127.0.0.1:1/0",
    GHE_HOST: `127.0.0.1:${github.port}`,
    GHE_PROTOCOL: "http",
  });
  const shown = ({ status, name, detail, remedy }: Check) =>
    `${status} ${name}: ${detail}${remedy ? ` -> ${remedy}` : ""}`;
  return checks.filter(({ name }) => /repositor|archived|\//.test(name)).map(shown);
}

const another = (github: GitHub, name: string) =>
  github.createRepository({ owner: "octo-org", name, files: { "README.md": "x\n" }, collaborators: {} });

test("of repositories in which nothing is in the way one line tells", async () => {
  const { github } = await sample();
  await another(github, "second");
  expect(await found(github)).toEqual(["ok repositories: looked at 2: nothing seen that would refuse Orch's branches"]);
});

test("a branch in the way, rules against our branches, and what is archived are named", async () => {
  const { github, repo } = await sample();
  await github.commit(repo, "orch", { "note.txt": "x\n" }, "Add a note", "maintainer");
  github.setRules(await another(github, "signed"), { signedCommits: true });
  github.setRules(await another(github, "closed"), { shown: [{ type: "creation" }] });
  const excepted = await another(github, "excepted");
  github.setRules(excepted, { shown: [{ type: "creation" }], bypass: true });
  github.archive(await another(github, "old"));
  const [sum, ...problems] = await found(github);
  expect(sum).toBe("ok repositories: looked at 4: see below");
  expect(problems.toSorted()).toEqual([
    "note archived: nothing can be done there, they are read-only: octo-org/old",
    expect.stringMatching(
      /^problem octo-org\/closed: a rule would refuse .*such branches may not be created -> Let the GitHub App bypass/,
    ),
    expect.stringMatching(/^problem octo-org\/sample: has a branch `orch`, .* -> rename or delete that branch/),
    expect.stringMatching(/^problem octo-org\/signed: a rule would refuse .*commits must be signed/),
  ]);
});

test("a GitHub that does not answer for a repository, or does not list them, is told and no problem of theirs", async () => {
  const { github } = await sample();
  const failing = github.faults.api({ times: 10, match: { path: /\/rules\/branches\// }, action: { status: 502 } });
  expect(await found(github)).toEqual([expect.stringMatching(/^note repositories: looked at 0 of 1/)]);
  failing.cancel();
  github.faults.api({ times: 10, match: { path: /\/installation\/repositories/ }, action: { status: 502 } });
  expect(await found(github)).toEqual([expect.stringMatching(/^note repositories: GitHub does not list all of them/)]);
});
