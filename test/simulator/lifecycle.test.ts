/** What becomes of addresses, branches, conversations and rights when things are renamed, moved, locked or taken away. */
import { expect, test } from "vitest";
import {
  asApp,
  asBot,
  git,
  type Heard,
  installationToken,
  person,
  receiver,
  sample,
  temporaryFolder,
  withToken,
} from "./support/setting.ts";

const status = (status: number, message?: string) =>
  expect.objectContaining(message === undefined ? { status } : { status, message: expect.stringContaining(message) });

async function told(github: { idle(): Promise<void> }, heard: readonly Heard[]) {
  await github.idle();
  return heard.map(({ headers, body }) => ({ event: `${headers["x-github-event"]}`, ...JSON.parse(body) }));
}

test("a renamed repository answers under its old name with its new address, in REST, in git and on pages", async () => {
  const { github, repo, at } = await sample();
  const heard = await receiver(github);
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const renamed = github.renameRepository(repo, "sum");
  expect(renamed).toMatchObject({ fullName: "octo-org/sum", installationId: repo.installationId, id: repo.id });
  const raw = (path: string, init: RequestInit = {}) => fetch(`${github.url}${path}`, { redirect: "manual", ...init });
  const read = await raw(`/api/v3/repos/octo-org/sample/issues/${number}`);
  const location = `${github.url}/api/v3/repositories/${repo.id}/issues/${number}`;
  expect([read.status, read.headers.get("location")]).toEqual([301, location]);
  expect(await read.json()).toMatchObject({ message: "Moved Permanently", url: location });
  const { token } = github.createUser("maintainer");
  const body = JSON.stringify({ body: "hello" });
  const write = { method: "POST", body, headers: { authorization: `token ${token}` } };
  expect((await raw(`/repos/octo-org/sample/issues/${number}/comments`, write)).status).toBe(307);
  // Clients that follow see nothing of it.
  const bot = await asBot(github, repo.installationId);
  expect((await bot.issues.createComment({ ...at, issue_number: number, body: "followed" })).status).toBe(201);
  expect((await asApp(github).apps.getRepoInstallation(at)).data.id).toBe(repo.installationId);
  const dir = await temporaryFolder();
  const clone = await git(dir, "clone", "-q", withToken(repo.cloneUrl, token), "tree");
  expect(clone.exitCode, clone.stderr).toBe(0);
  expect((await git(`${dir}/tree`, "push", "-q", "origin", "HEAD:pushed")).exitCode).toBe(0);
  expect(Object.keys(github.state.branches("octo-org/sum"))).toContain("pushed");
  expect((await raw(`/octo-org/sample/issues/${number}`)).headers.get("location")).toBe(
    `/octo-org/sum/issues/${number}`,
  );
  const [event] = (await told(github, heard)).filter((each) => each.event === "repository");
  expect([event.action, event.changes, event.repository.full_name]).toEqual([
    "renamed",
    { repository: { name: { from: "sample" } } },
    "octo-org/sum",
  ]);
});

test("a name that somebody has again leads nowhere else", async () => {
  const { github, repo, at } = await sample();
  github.renameRepository(repo, "sum");
  const again = await github.createRepository({ owner: "octo-org", name: "sample", files: { a: "b" } });
  const maintainer = person(github, "maintainer");
  expect((await maintainer.repos.get(at)).data.id).toBe(again.id);
  expect(() => github.renameRepository(again, "sum")).toThrow("exists already");
});

test("a private repository's new place is told to nobody who may not know it", async () => {
  const { github, repo } = await sample({ private: true });
  github.renameRepository(repo, "sum");
  const answer = await fetch(`${github.url}/repos/octo-org/sample`, { redirect: "manual" });
  expect(answer.status).toBe(404);
  expect((await fetch(`${github.url}/octo-org/sample`, { redirect: "manual" })).status).toBe(404);
  const dir = await temporaryFolder();
  const stranger = github.createUser("stranger").token;
  expect((await git(dir, "ls-remote", withToken(repo.cloneUrl, stranger))).stderr).toContain("not found");
});

test("a transferred repository leaves the installation, and comes into another where the App is", async () => {
  const { github, repo, at } = await sample();
  const bot = await asBot(github, repo.installationId);
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const heard = await receiver(github);
  const gone = github.transferRepository(repo, "elsewhere");
  expect(gone).toMatchObject({ fullName: "elsewhere/sample", installationId: 0 });
  const say = (owner: string) => bot.issues.createComment({ owner, repo: at.repo, issue_number: number, body: "x" });
  await expect(say("octo-org")).rejects.toEqual(status(403, "Resource not accessible by integration"));
  const back = github.transferRepository(gone, "third", { install: true });
  expect(back.installationId).not.toBe(repo.installationId);
  const another = await asBot(github, back.installationId);
  expect((await another.issues.createComment({ ...at, issue_number: number, body: "x" })).status).toBe(201);
  const events = await told(github, heard);
  expect(events.map((each) => `${each.event}.${each.action}`).sort()).toEqual([
    "installation.created",
    "installation_repositories.removed",
    "issue_comment.created",
    "repository.transferred",
  ]);
  const transferred = events.find((each) => each.action === "transferred");
  expect(transferred.changes.owner.from.organization.login).toBe("elsewhere");
});

test("a renamed default branch takes its proposals along, and its old name leads to it", async () => {
  const { github, repo, at } = await sample();
  await github.commit(repo, "topic", { "a.txt": "a\n" }, "Add");
  const { number } = await github.openPull(repo, { as: "maintainer", title: "Add", head: "topic", base: "main" });
  const heard = await receiver(github);
  await github.renameBranch(repo, "main", "trunk");
  await github.renameBranch(repo, "trunk", "stem");
  const bot = await asBot(github, repo.installationId);
  expect((await bot.repos.get(at)).data.default_branch).toBe("stem");
  expect((await bot.pulls.get({ ...at, pull_number: number })).data).toMatchObject({
    state: "open",
    base: { ref: "stem" },
  });
  expect((await bot.repos.getBranch({ ...at, branch: "main" })).data.name).toBe("stem");
  await expect(bot.git.getRef({ ...at, ref: "heads/main" })).rejects.toEqual(status(404));
  await expect(bot.repos.getBranch({ ...at, branch: "never" })).rejects.toEqual(status(404));
  const edited = (await told(github, heard)).filter((each) => each.action === "edited");
  expect(edited.map((each) => each.changes).sort()).toEqual(
    expect.arrayContaining([
      { default_branch: { from: "main" } },
      { default_branch: { from: "trunk" } },
      expect.objectContaining({ base: expect.objectContaining({ ref: { from: "main" } }) }),
    ]),
  );
  const dir = await temporaryFolder();
  expect((await git(dir, "clone", "-q", repo.cloneUrl, "tree")).exitCode).toBe(0);
  expect((await git(`${dir}/tree`, "branch", "--show-current")).stdout).toBe("stem");
});

test("renaming the head of a proposal closes it", async () => {
  const { github, repo, at } = await sample();
  await github.commit(repo, "topic", { "a.txt": "a\n" }, "Add");
  const { number } = await github.openPull(repo, { as: "maintainer", title: "Add", head: "topic", base: "main" });
  const maintainer = person(github, "maintainer");
  await maintainer.repos.renameBranch({ ...at, branch: "topic", new_name: "subject" });
  expect(github.state.issue(repo, number)?.state).toBe("closed");
  await expect(maintainer.repos.renameBranch({ ...at, branch: "main", new_name: "x" })).rejects.toEqual(status(403));
  await expect(maintainer.repos.renameBranch({ ...at, branch: "subject", new_name: "main" })).rejects.toEqual(
    status(422),
  );
});

test("in a locked conversation those who may write go on, strangers and Apps do not", async () => {
  const { github, repo, at } = await sample();
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const first = await github.comment(repo, number, "/orch fix it", { as: "maintainer" });
  const heard = await receiver(github);
  const bot = await asBot(github, repo.installationId);
  await person(github, "maintainer").issues.lock({ ...at, issue_number: number, lock_reason: "too heated" });
  expect((await bot.issues.get({ ...at, issue_number: number })).data).toMatchObject({
    locked: true,
    active_lock_reason: "too heated",
  });
  const say = (who: typeof bot) => who.issues.createComment({ ...at, issue_number: number, body: "x" });
  const refusal = status(403, "Unable to create comment because issue is locked.");
  await expect(say(bot)).rejects.toEqual(refusal);
  await expect(say(person(github, "stranger"))).rejects.toEqual(refusal);
  expect((await say(person(github, "maintainer"))).status).toBe(201);
  const react = () => bot.reactions.createForIssueComment({ ...at, comment_id: first.id, content: "eyes" });
  await expect(react()).rejects.toEqual(status(403));
  await github.unlockIssue(repo, number, { as: "maintainer" });
  expect((await say(bot)).status).toBe(201);
  const events = (await told(github, heard)).filter((each) => each.event === "issues");
  expect(events.map((each) => `${each.action} ${each.issue.locked}`).sort()).toEqual(["locked true", "unlocked false"]);
});

test("a transferred issue takes its comments along, and its old number leads to the new one", async () => {
  const { github, repo, at } = await sample();
  const other = await github.createRepository({ owner: "octo-org", name: "other", files: { a: "b" } });
  await github.openIssue(other, { as: "maintainer", title: "There already" });
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail", body: "All of them" });
  await github.comment(repo, number, "/orch fix it", { as: "maintainer" });
  const heard = await receiver(github);
  const moved = await github.transferIssue(repo, number, other, { as: "maintainer" });
  expect(moved.number).toBe(2);
  expect(github.state.comments(other, 2).map((each) => each.body)).toEqual(["/orch fix it"]);
  const bot = await asBot(github, repo.installationId);
  expect((await bot.issues.get({ ...at, issue_number: number })).data.html_url).toBe(
    `${github.url}/octo-org/other/issues/2`,
  );
  expect((await bot.issues.createComment({ ...at, issue_number: number, body: "x" })).data.issue_url).toContain(
    "/other/",
  );
  expect((await github.openIssue(repo, { as: "maintainer", title: "Next" })).number).toBe(number + 1);
  const events = await told(github, heard);
  const transferred = events.find((each) => each.action === "transferred");
  expect(transferred).toMatchObject({
    issue: { number },
    repository: { name: "sample" },
    changes: { new_issue: { number: 2 }, new_repository: { name: "other" } },
  });
  const opened = events.find((each) => each.action === "opened" && each.changes);
  expect(opened).toMatchObject({ issue: { number: 2, body: "All of them" }, repository: { name: "other" } });
});

test("a plan without draft pull requests refuses them", async () => {
  const { github, repo, at } = await sample();
  await github.commit(repo, "topic", { "a.txt": "a\n" }, "Add");
  github.setDrafts(repo, false);
  const bot = await asBot(github, repo.installationId);
  const open = (draft: boolean) => bot.pulls.create({ ...at, title: "Add", head: "topic", base: "main", draft });
  await expect(open(true)).rejects.toEqual(status(422, "Draft pull requests are not supported in this repository."));
  expect((await open(false)).data.draft).toBe(false);
});

test("what the installation may no longer do, its old tokens may not either, and it hears no more of it", async () => {
  const { github, repo, at } = await sample();
  const bot = await asBot(github, repo.installationId);
  const token = await installationToken(github, repo.installationId);
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const heard = await receiver(github);
  github.setInstallationPermissions(repo.installationId, { metadata: "read", contents: "read", checks: "read" });
  const refusal = await bot.issues.createComment({ ...at, issue_number: number, body: "x" }).catch((error) => error);
  expect(refusal).toEqual(status(403, "Resource not accessible by integration"));
  expect(refusal.response.headers["x-accepted-github-permissions"]).toBe("issues=write; pull_requests=write");
  const dir = await temporaryFolder();
  await git(dir, "clone", "-q", withToken(repo.cloneUrl, token), "tree");
  const push = await git(`${dir}/tree`, "push", "origin", "HEAD:x");
  expect(push.stderr).toContain("403");
  await github.comment(repo, number, "/orch fix it", { as: "maintainer" });
  github.setInstallationPermissions(repo.installationId, { metadata: "read", issues: "write" });
  await github.comment(repo, number, "/orch fix it", { as: "maintainer" });
  expect((await bot.issues.createComment({ ...at, issue_number: number, body: "x" })).status).toBe(201);
  const events = (await told(github, heard)).map((each) => `${each.event}.${each.action}`).sort();
  expect(events).toEqual([
    "installation.new_permissions_accepted",
    "installation.new_permissions_accepted",
    "issue_comment.created",
    "issue_comment.created",
  ]);
});

test("a collaborator whose role is taken away is a reader of what is public, and nobody of what is private", async () => {
  for (const hidden of [false, true]) {
    const { github, repo, at } = await sample({ private: hidden });
    const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
    const maintainer = person(github, "maintainer");
    const bot = await asBot(github, repo.installationId);
    github.setPermission(repo, "maintainer", undefined);
    const asked = await bot.repos.getCollaboratorPermissionLevel({ ...at, username: "maintainer" });
    expect(asked.data.permission).toBe(hidden ? "none" : "read");
    const label = maintainer.issues.addLabels({ ...at, issue_number: number, labels: ["orch"] });
    await expect(label).rejects.toEqual(status(hidden ? 404 : 403));
  }
});
