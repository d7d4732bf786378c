/** Pull requests: what GitHub refuses, what follows a push, and numbers that come from git. */
import { expect, test } from "vitest";
import { asBot, person, receiver, sample } from "./support/setting.ts";

const refused = (message: string) =>
  expect.objectContaining({ status: 422, message: expect.stringContaining(message) });

async function withBranch() {
  const setting = await sample();
  const { github, repo } = setting;
  const sha = await github.commit(repo, "orch/1", { "src/sum.js": "fixed\n", "test/new.js": "1\n2\n" }, "Fix sum");
  return { ...setting, sha, bot: await asBot(github, repo.installationId) };
}

test("a pull request needs a head that exists, something to merge, and no twin", async () => {
  const { github, at, bot } = await withBranch();
  const open = (head: string, base = "main") => bot.pulls.create({ ...at, title: "Fix", head, base });
  await expect(open("missing")).rejects.toEqual(refused("head"));
  await expect(open("orch/1", "missing")).rejects.toEqual(refused("base"));
  await bot.git.createRef({ ...at, ref: "refs/heads/same", sha: github.state.branches("octo-org/sample").main ?? "" });
  await expect(open("same")).rejects.toEqual(refused("No commits between main and same"));
  expect((await open("orch/1")).data.number).toBe(1);
  await expect(open("orch/1")).rejects.toEqual(refused("A pull request already exists for octo-org:orch/1."));
  const found = await bot.pulls.list({ ...at, head: "octo-org:orch/1", base: "main" });
  expect(found.data.map((each) => each.number)).toEqual([1]);
  expect((await bot.pulls.list({ ...at, head: "octo-org:other" })).data).toEqual([]);
  await bot.pulls.update({ ...at, pull_number: 1, state: "closed" });
  expect((await open("orch/1")).data.number).toBe(2);
});

test("two identical requests at once make one pull request", async () => {
  const { github, repo, at, bot } = await withBranch();
  const open = () => bot.pulls.create({ ...at, title: "Fix", head: "orch/1", base: "main" });
  const results = await Promise.allSettled([open(), open(), open()]);
  expect(results.filter((each) => each.status === "fulfilled")).toHaveLength(1);
  expect(github.state.pulls(repo)).toHaveLength(1);
});

test("files, commits, diff and mergeable are git's", async () => {
  const { github, repo, at, bot, sha } = await withBranch();
  const { data } = await bot.pulls.create({ ...at, title: "Fix", head: "orch/1", base: "main", draft: true });
  expect(data).toMatchObject({ additions: 3, deletions: 1, changed_files: 2, commits: 1, mergeable_state: "draft" });
  const on = { ...at, pull_number: data.number };
  const files = (await bot.pulls.listFiles(on)).data;
  expect(files.map((each) => [each.filename, each.status, each.additions])).toEqual([
    ["src/sum.js", "modified", 1],
    ["test/new.js", "added", 2],
  ]);
  expect((await bot.pulls.listCommits(on)).data.map((each) => each.sha)).toEqual([sha]);
  const diff = await bot.pulls.get({ ...on, mediaType: { format: "diff" } });
  expect(String(diff.data)).toContain("diff --git a/src/sum.js b/src/sum.js");
  await github.commit(repo, "main", { "src/sum.js": "otherwise\n" }, "Conflict");
  expect((await bot.pulls.get(on)).data).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
});

test("a push to the head is synchronize, deleting it closes, and merging says merged", async () => {
  const { github, repo, at, bot } = await withBranch();
  const heard = await receiver(github);
  await bot.pulls.create({ ...at, title: "Fix", head: "orch/1", base: "main" });
  const next = await github.commit(repo, "orch/1", { "more.txt": "more\n" }, "More");
  expect(github.state.pulls(repo)[0]?.pull.headSha).toBe(next);
  await github.deleteBranch(repo, "orch/1");
  expect(github.state.pulls(repo)[0]?.state).toBe("closed");
  expect((await bot.pulls.get({ ...at, pull_number: 1 })).data.changed_files).toBe(3);
  await github.commit(repo, "orch/2", { "two.txt": "2\n" }, "Two");
  const { number } = await github.openPull(repo, { as: "maintainer", title: "Two", head: "orch/2", base: "main" });
  await person(github, "maintainer").pulls.merge({ ...at, pull_number: number });
  expect(github.state.fileAt(repo, "main", "two.txt")).toBe("2\n");
  await github.idle();
  const pulls = heard.map((each) => JSON.parse(each.body)).filter((each) => each.pull_request && each.number);
  expect(pulls.map(({ action, number, pull_request }) => `${number} ${action} ${pull_request.merged}`).sort()).toEqual([
    "1 closed false",
    "1 opened false",
    "1 synchronize false",
    "2 closed true",
    "2 opened false",
  ]);
});

test("a stranger proposes from a fork, and cannot propose the repository's own branches", async () => {
  const { github, repo, at } = await withBranch();
  const stranger = person(github, "stranger");
  const fork = await github.fork(repo, { as: "stranger" });
  expect(fork).toMatchObject({ owner: "stranger", installationId: 0 });
  await github.commit(fork, "idea", { "idea.txt": "idea\n" }, "Idea");
  const { data } = await stranger.pulls.create({ ...at, title: "Idea", head: "stranger:idea", base: "main" });
  expect(data.head.repo.full_name).toBe("stranger/sample");
  expect(data.head.repo.fork).toBe(true);
  const own = stranger.pulls.create({ ...at, title: "Fix", head: "orch/1", base: "main" });
  await expect(own).rejects.toEqual(expect.objectContaining({ status: 403 }));
});

test("a check run needs a commit that exists and a conclusion when it is completed", async () => {
  const { github, repo, at, bot, sha } = await withBranch();
  const create = (head_sha: string, more: object = {}) =>
    bot.checks.create({ ...at, name: "orch", head_sha, external_id: "task-1", ...more });
  await expect(create("1".repeat(40))).rejects.toEqual(refused("No commit found"));
  const { data } = await create(sha, { status: "in_progress", output: { title: "Working", summary: "Step 1" } });
  expect(data).toMatchObject({ status: "in_progress", conclusion: null, app: { slug: "orch" }, external_id: "task-1" });
  await bot.checks.update({ ...at, check_run_id: data.id, output: { title: "Still", summary: "Step 2" } });
  const done = await bot.checks.update({ ...at, check_run_id: data.id, conclusion: "success" });
  expect(done.data).toMatchObject({ status: "completed", conclusion: "success", output: { title: "Still" } });
  await create(sha);
  const latest = await bot.checks.listForRef({ ...at, ref: "orch/1", check_name: "orch" });
  expect(latest.data).toMatchObject({ total_count: 1, check_runs: [{ status: "queued" }] });
  expect((await bot.checks.listForRef({ ...at, ref: sha, filter: "all" })).data.total_count).toBe(2);
  expect((await bot.checks.listSuitesForRef({ ...at, ref: sha })).data.total_count).toBe(1);
  const byPerson = person(github, "maintainer").checks.create({ ...at, name: "x", head_sha: sha });
  await expect(byPerson).rejects.toEqual(expect.objectContaining({ status: 403 }));
  await bot.repos.createCommitStatus({ ...at, sha, state: "success", context: "ci" });
  expect((await bot.repos.getCombinedStatusForRef({ ...at, ref: sha })).data.state).toBe("success");
  expect(github.state.checkRuns(repo, sha)).toHaveLength(2);
});

test("contents, refs, branches and commits are read from git", async () => {
  const { github, at, bot, sha } = await withBranch();
  const file = await bot.repos.getContent({ ...at, path: "src/sum.js", ref: "orch/1" });
  expect(file.data).toMatchObject({ type: "file", encoding: "base64", content: `${btoa("fixed\n")}` });
  expect((await bot.repos.getContent({ ...at, path: "src" })).data).toHaveLength(1);
  await expect(bot.repos.getContent({ ...at, path: "nowhere" })).rejects.toEqual(
    expect.objectContaining({ status: 404 }),
  );
  expect((await bot.git.getRef({ ...at, ref: "heads/orch/1" })).data.object.sha).toBe(sha);
  expect((await bot.git.listMatchingRefs({ ...at, ref: "heads/orch/" })).data).toHaveLength(1);
  expect((await bot.repos.getBranch({ ...at, branch: "orch/1" })).data.commit.sha).toBe(sha);
  expect((await bot.repos.listBranches(at)).data.map((each) => each.name)).toEqual(["main", "orch/1"]);
  expect((await bot.repos.getCommit({ ...at, ref: sha })).data.stats).toMatchObject({ additions: 3, deletions: 1 });
  expect((await bot.git.getCommit({ ...at, commit_sha: sha })).data.message).toBe("Fix sum");
  const compared = await bot.repos.compareCommitsWithBasehead({ ...at, basehead: "main...orch/1" });
  expect(compared.data).toMatchObject({ status: "ahead", ahead_by: 1, behind_by: 0 });
  const maintainer = person(github, "maintainer");
  const content = btoa("written\n");
  await maintainer.repos.createOrUpdateFileContents({ ...at, path: "w.txt", message: "Write", content });
  expect(github.state.fileAt("octo-org/sample", "main", "w.txt")).toBe("written\n");
  await bot.git.deleteRef({ ...at, ref: "heads/orch/1" });
  expect(Object.keys(github.state.branches("octo-org/sample"))).toEqual(["main"]);
});

test("auto-merge is seen on the pull request and told, and a merge keeps it", async () => {
  const { github, repo, at, bot } = await withBranch();
  const { number } = await github.openPull(repo, { as: "maintainer", title: "Fix", head: "orch/1", base: "main" });
  const heard = await receiver(github);
  const wish = async () => (await bot.pulls.get({ ...at, pull_number: number })).data.auto_merge;
  expect(await wish()).toBeNull();
  await github.enableAutoMerge(repo, number, { as: "maintainer", method: "squash" });
  await github.enableAutoMerge(repo, number, { as: "maintainer", method: "squash" });
  expect(await wish()).toMatchObject({ merge_method: "squash", enabled_by: { login: "maintainer" } });
  expect((await bot.pulls.list(at)).data[0]?.auto_merge?.merge_method).toBe("squash");
  await github.disableAutoMerge(repo, number, { as: "maintainer" });
  expect(await wish()).toBeNull();
  await github.enableAutoMerge(repo, number, { as: "maintainer" });
  await github.closePull(repo, number, { as: "maintainer" });
  expect(await wish()).toBeNull();
  await github.reopenIssue(repo, number, { as: "maintainer" });
  await github.enableAutoMerge(repo, number, { as: "maintainer" });
  await github.mergePull(repo, number, { as: "maintainer" });
  expect(await wish()).toMatchObject({ merge_method: "merge" });
  await github.idle();
  const told = heard.map((each) => JSON.parse(each.body).action).filter((each) => each?.startsWith("auto_merge"));
  expect(told.filter((each) => each === "auto_merge_enabled")).toHaveLength(3);
  expect(told.filter((each) => each === "auto_merge_disabled")).toHaveLength(1);
});

test("mergeable_state follows from checks, statuses and what the repository requires", async () => {
  const { github, repo, at, bot, sha } = await withBranch();
  const { number } = await github.openPull(repo, { as: "maintainer", title: "Fix", head: "orch/1", base: "main" });
  const state = async () => (await bot.pulls.get({ ...at, pull_number: number })).data.mergeable_state;
  expect(await state()).toBe("clean");
  await github.reportCheck(repo, { sha, name: "test" });
  expect(await state()).toBe("unstable");
  github.requireChecks(repo, ["test", "lint"]);
  await github.reportCheck(repo, { sha, name: "test", conclusion: "success" });
  expect(await state()).toBe("blocked");
  await github.setStatus(repo, sha, { as: "maintainer", state: "success", context: "lint" });
  expect(await state()).toBe("clean");
  await github.setStatus(repo, sha, { as: "maintainer", state: "failure", context: "style" });
  expect(await state()).toBe("unstable");
});
