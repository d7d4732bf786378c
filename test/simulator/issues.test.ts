/** Issues, comments, reactions, labels and roles, as a person and as the App see them. */
import { expect, test } from "vitest";
import { asBot, octokit, person, receiver, sample, simulator } from "./support/setting.ts";

const status = (status: number, message?: string) =>
  expect.objectContaining(message === undefined ? { status } : { status, message: expect.stringContaining(message) });

test("a comment is written, edited and deleted, and each is told", async () => {
  const { github, repo, at } = await sample();
  const heard = await receiver(github);
  const bot = await asBot(github, repo.installationId);
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const { data } = await bot.issues.createComment({ ...at, issue_number: number, body: "first" });
  await bot.issues.updateComment({ ...at, comment_id: data.id, body: "second" });
  expect((await bot.issues.getComment({ ...at, comment_id: data.id })).data.body).toBe("second");
  await bot.issues.deleteComment({ ...at, comment_id: data.id });
  await expect(bot.issues.getComment({ ...at, comment_id: data.id })).rejects.toEqual(status(404));
  await expect(bot.issues.updateComment({ ...at, comment_id: data.id, body: "x" })).rejects.toEqual(status(404));
  await github.idle();
  const comments = heard.map((each) => JSON.parse(each.body)).filter((each) => each.comment);
  expect(comments.map((each) => each.action).sort()).toEqual(["created", "deleted", "edited"]);
  expect(comments.find((each) => each.action === "edited").changes.body.from).toBe("first");
});

test("a comment may have 65,536 characters and not one more", async () => {
  const { github, repo, at } = await sample();
  const maintainer = person(github, "maintainer");
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Long" });
  const say = (length: number) =>
    maintainer.issues.createComment({ ...at, issue_number: number, body: "x".repeat(length) });
  expect((await say(65_536)).status).toBe(201);
  await expect(say(65_537)).rejects.toEqual(status(422));
  await expect(say(0)).rejects.toEqual(status(422));
});

test("a second reaction of the same kind is the first", async () => {
  const { github, repo, at } = await sample();
  const bot = await asBot(github, repo.installationId);
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const { id } = await github.comment(repo, number, "/orch", { as: "maintainer" });
  const react = (content: "eyes" | "hooray") => bot.reactions.createForIssueComment({ ...at, comment_id: id, content });
  const first = await react("eyes");
  expect(first.status).toBe(201);
  const second = await react("eyes");
  expect([second.status, second.data.id]).toEqual([200, first.data.id]);
  await react("hooray");
  expect((await bot.reactions.createForIssue({ ...at, issue_number: number, content: "rocket" })).status).toBe(201);
  await bot.reactions.deleteForIssueComment({ ...at, comment_id: id, reaction_id: first.data.id });
  expect(github.state.reactions(repo, id).map((each) => each.content)).toEqual(["hooray"]);
  const shown = await bot.issues.getComment({ ...at, comment_id: id });
  expect(shown.data.reactions).toMatchObject({ total_count: 1, hooray: 1, eyes: 0 });
});

test("labels are made when first used, listed, removed, and missing ones are 404", async () => {
  const { github, repo, at } = await sample();
  const bot = await asBot(github, repo.installationId);
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const on = { ...at, issue_number: number };
  await bot.issues.createLabel({ ...at, name: "orch:done", color: "0e8a16" });
  await expect(bot.issues.createLabel({ ...at, name: "ORCH:done", color: "0e8a16" })).rejects.toEqual(status(422));
  await bot.issues.createLabel({ ...at, name: "spare" });
  const rename = (new_name: string) => bot.issues.updateLabel({ ...at, name: "spare", new_name });
  for (const name of ["ORCH:done", "", "x".repeat(51)]) await expect(rename(name), name).rejects.toEqual(status(422));
  expect((await rename("Spare")).data.name).toBe("Spare");
  await bot.issues.deleteLabel({ ...at, name: "spare" });
  await bot.issues.addLabels({ ...on, labels: ["orch:running"] });
  await bot.issues.setLabels({ ...on, labels: ["orch:done", "bug"] });
  expect(github.state.labels(repo, number)).toEqual(["orch:done", "bug"]);
  await bot.issues.removeLabel({ ...on, name: "bug" });
  await expect(bot.issues.removeLabel({ ...on, name: "bug" })).rejects.toEqual(status(404));
  expect((await bot.issues.listLabelsOnIssue(on)).data.map((each) => each.name)).toEqual(["orch:done"]);
  expect((await bot.issues.listLabelsForRepo(at)).data.map((each) => each.name).sort()).toEqual([
    "bug",
    "orch:done",
    "orch:running",
  ]);
});

test("collaborators have their real role, strangers read what is public, nobody is 404", async () => {
  const { github, repo, at } = await sample();
  const bot = await asBot(github, repo.installationId);
  github.createUser("stranger");
  const role = async (username: string) => {
    const { data } = await bot.repos.getCollaboratorPermissionLevel({ ...at, username });
    return [data.permission, data.role_name];
  };
  expect(await role("maintainer")).toEqual(["write", "write"]);
  github.setPermission(repo, "maintainer", "maintain");
  expect(await role("maintainer")).toEqual(["write", "maintain"]);
  github.setPermission(repo, "maintainer", "triage");
  expect(await role("maintainer")).toEqual(["read", "triage"]);
  expect(await role("stranger")).toEqual(["read", "read"]);
  await expect(role("nobody")).rejects.toEqual(status(404));
});

test("a stranger may comment on what is public, but neither label, close nor see what is private", async () => {
  const { github, repo, at } = await sample();
  const hidden = await github.createRepository({ owner: "octo-org", name: "hidden", private: true, files: { a: "b" } });
  const stranger = person(github, "stranger");
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const on = { ...at, issue_number: number };
  expect((await stranger.issues.createComment({ ...on, body: "/orch fix it" })).data.author_association).toBe("NONE");
  await expect(stranger.issues.addLabels({ ...on, labels: ["x"] })).rejects.toEqual(status(403));
  await expect(stranger.issues.update({ ...on, state: "closed" })).rejects.toEqual(status(403));
  await expect(stranger.repos.get({ owner: hidden.owner, repo: hidden.name })).rejects.toEqual(status(404));
  await expect(octokit(github).issues.createComment({ ...on, body: "anonymous" })).rejects.toEqual(status(401));
  expect((await octokit(github).issues.get(on)).data.title).toBe("Tests fail");
});

test("an issue is closed, reopened and found by its state", async () => {
  const { github, repo, at } = await sample();
  const maintainer = person(github, "maintainer");
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const on = { ...at, issue_number: number };
  const closed = await maintainer.issues.update({ ...on, state: "closed", state_reason: "not_planned" });
  expect(closed.data).toMatchObject({ state: "closed", state_reason: "not_planned" });
  expect((await maintainer.issues.listForRepo(at)).data).toEqual([]);
  expect((await maintainer.issues.listForRepo({ ...at, state: "all" })).data).toHaveLength(1);
  expect((await maintainer.issues.get(on)).data.closed_by?.login).toBe("maintainer");
  await maintainer.issues.update({ ...on, state: "open", title: "Tests still fail" });
  expect(github.state.issue(repo, number)).toMatchObject({ state: "open", title: "Tests still fail" });
});

test("an archived repository is read-only for everybody", async () => {
  const { github, repo, at } = await sample();
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const bot = await asBot(github, repo.installationId);
  github.archive(repo);
  const say = () => bot.issues.createComment({ ...at, issue_number: number, body: "x" });
  await expect(say()).rejects.toEqual(status(403, "Repository was archived so is read-only."));
  expect((await bot.repos.get(at)).data.archived).toBe(true);
  github.setPermission(repo, "maintainer", "admin");
  const admin = person(github, "maintainer");
  await expect(admin.repos.update({ ...at, archived: true })).rejects.toEqual(status(403));
  expect((await admin.repos.update({ ...at, archived: false })).data.archived).toBe(false);
  expect((await say()).status).toBe(201);
});

test("people are found by login and by id", async () => {
  const github = await simulator();
  const { id, token } = github.createUser("maintainer");
  const maintainer = octokit(github, token);
  expect((await maintainer.users.getAuthenticated()).data.login).toBe("maintainer");
  expect((await maintainer.users.getByUsername({ username: "Maintainer" })).data.id).toBe(id);
  expect((await maintainer.users.getById({ account_id: id })).data.login).toBe("maintainer");
  const bot = await maintainer.users.getByUsername({ username: "orch[bot]" });
  expect(bot.data).toMatchObject({ id: github.app.botId, type: "Bot" });
  await expect(maintainer.users.getByUsername({ username: "nobody" })).rejects.toEqual(status(404));
});
