/** Writes whose answer is lost, and writes that land after the client gave up: REST and git. */
import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type RepositoryInfo, type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { asBot, git, installationToken, person, sample, temporaryFolder, withToken } from "./support/setting.ts";

type Setting = Awaited<ReturnType<typeof withThings>>;

/** An issue with a comment, a pull request, and a check run. */
async function withThings() {
  const setting = await sample();
  const { github, repo, at } = setting;
  const sha = await github.commit(repo, "topic", { "a.txt": "a\n" }, "Add");
  await github.commit(repo, "next", { "b.txt": "b\n" }, "Next");
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const comment = await github.comment(repo, number, "/orch", { as: "maintainer" });
  const pull = await github.openPull(repo, { as: "maintainer", title: "Add", head: "topic", base: "main" });
  const line = await github.commentOnLine(repo, pull.number, { as: "maintainer", path: "a.txt", line: 1, body: "x" });
  const bot = await asBot(github, repo.installationId);
  const run = (await bot.checks.create({ ...at, name: "orch", head_sha: sha, status: "in_progress" })).data;
  return { ...setting, sha, number, comment, pull, line, run, bot };
}

/** Every kind of write, and how to see that it has landed. */
const writes: [string, (each: Setting, request: object) => Promise<unknown>, (each: Setting) => unknown][] = [
  [
    "a comment",
    ({ bot, at, number }, request) => bot.issues.createComment({ ...at, issue_number: number, body: "new", request }),
    ({ github, repo, number }) => github.state.comments(repo, number).some((each) => each.body === "new"),
  ],
  [
    "an edited comment",
    ({ bot, at, comment }, request) =>
      bot.issues.updateComment({ ...at, comment_id: comment.id, body: "edited", request }),
    ({ github, repo, number }) => github.state.comments(repo, number).some((each) => each.body === "edited"),
  ],
  [
    "a reaction",
    ({ bot, at, comment }, request) =>
      bot.reactions.createForIssueComment({ ...at, comment_id: comment.id, content: "eyes", request }),
    ({ github, repo, comment }) => github.state.reactions(repo, comment.id).length === 1,
  ],
  [
    "a label",
    ({ bot, at, number }, request) => bot.issues.addLabels({ ...at, issue_number: number, labels: ["orch"], request }),
    ({ github, repo, number }) => github.state.labels(repo, number).includes("orch"),
  ],
  [
    "a pull request",
    ({ bot, at }, request) => bot.pulls.create({ ...at, title: "Next", head: "next", base: "main", request }),
    ({ github, repo }) => github.state.pulls(repo).length === 2,
  ],
  [
    "an edited pull request",
    ({ bot, at, pull }, request) => bot.pulls.update({ ...at, pull_number: pull.number, title: "new", request }),
    ({ github, repo }) => github.state.pulls(repo)[0]?.title === "new",
  ],
  [
    "a review",
    ({ bot, at, pull }, request) =>
      bot.pulls.createReview({ ...at, pull_number: pull.number, event: "COMMENT", body: "new", request }),
    ({ github, repo, pull }) => github.state.reviews(repo, pull.number).some((each) => each.body === "new"),
  ],
  [
    "an answer in a thread",
    ({ bot, at, pull, line }, request) =>
      bot.pulls.createReplyForReviewComment({
        ...at,
        pull_number: pull.number,
        comment_id: line.id,
        body: "new",
        request,
      }),
    ({ github, repo, pull }) => github.state.reviewComments(repo, pull.number).length === 2,
  ],
  [
    "a check run",
    ({ bot, at, sha }, request) => bot.checks.create({ ...at, name: "new", head_sha: sha, request }),
    ({ github, repo }) => github.state.checkRuns(repo).some((each) => each.name === "new"),
  ],
  [
    "an updated check run",
    ({ bot, at, run }, request) => bot.checks.update({ ...at, check_run_id: run.id, conclusion: "success", request }),
    ({ github, repo }) => github.state.checkRuns(repo)[0]?.conclusion === "success",
  ],
  [
    "a status",
    ({ bot, at, sha }, request) => bot.repos.createCommitStatus({ ...at, sha, state: "success", request }),
    ({ github, repo, sha }) => github.state.statuses(repo, sha).length === 1,
  ],
  [
    "a new branch",
    ({ bot, at, sha }, request) => bot.git.createRef({ ...at, ref: "refs/heads/made", sha, request }),
    ({ github, repo }) => "made" in github.state.branches(repo),
  ],
];

test("every kind of write has landed though its answer was lost", async () => {
  const setting = await withThings();
  const { github } = setting;
  for (const [name, write, landed] of writes) {
    const fault = github.faults.api({ times: 1, match: { path: /^\/repos\// }, action: "lost" });
    expect(landed(setting), name).toBe(false);
    await expect(write(setting, {}), name).rejects.toThrow();
    await fault.landed;
    expect([fault.fired, landed(setting)], name).toEqual([1, true]);
    expect(github.requests().at(-1)?.status, name).toBe(0);
  }
});

test("every kind of write lands after the client has given up", async () => {
  const setting = await withThings();
  const { github } = setting;
  for (const [name, write, landed] of writes) {
    const { promise: lands, resolve: land } = Promise.withResolvers<void>();
    const fault = github.faults.api({ times: 1, match: { path: /^\/repos\// }, action: { lands } });
    const abort = new AbortController();
    const asked = write(setting, { signal: abort.signal });
    fault.firing.then(() => abort.abort());
    await expect(asked, name).rejects.toThrow();
    expect(landed(setting), name).toBe(false);
    land();
    await fault.landed;
    expect(landed(setting), name).toBe(true);
  }
});

async function cloned(github: Simulator, repo: RepositoryInfo): Promise<string> {
  const dir = await temporaryFolder();
  await git(dir, "clone", "-q", withToken(repo.cloneUrl, await installationToken(github, repo.installationId)), "tree");
  await writeFile(`${dir}/tree/new.txt`, "new\n");
  await git(`${dir}/tree`, "add", ".");
  await git(`${dir}/tree`, "commit", "-q", "-m", "New");
  return `${dir}/tree`;
}
const pushPath = /git-receive-pack$/;

test("a push has landed though its answer was lost", async () => {
  const { github, repo } = await sample();
  const tree = await cloned(github, repo);
  const fault = github.faults.api({ times: 1, match: { method: "POST", path: pushPath }, action: "lost" });
  expect((await git(tree, "push", "-q", "origin", "HEAD:topic")).exitCode).not.toBe(0);
  await fault.landed;
  expect(Object.keys(github.state.branches(repo))).toContain("topic");
  expect((await git(tree, "push", "-q", "origin", "HEAD:topic")).exitCode).toBe(0);
});

test("a push lands after the client has given up, one that waits is answered", async () => {
  const { github, repo } = await sample();
  const tree = await cloned(github, repo);
  const { promise: lands, resolve: land } = Promise.withResolvers<void>();
  const match = { method: "POST", path: pushPath };
  const fault = github.faults.api({ times: 1, match, action: { lands } });
  const gone = git(
    tree,
    "-c",
    "http.lowSpeedLimit=1",
    "-c",
    "http.lowSpeedTime=1",
    "push",
    "-q",
    "origin",
    "HEAD:topic",
  );
  expect((await gone).exitCode).not.toBe(0);
  expect(Object.keys(github.state.branches(repo))).toEqual(["main"]);
  land();
  await fault.landed;
  expect(Object.keys(github.state.branches(repo))).toContain("topic");
  const slow = github.faults.api({ times: 1, match, action: { lateMs: 1 } });
  expect((await git(tree, "push", "-q", "origin", "HEAD:other")).exitCode).toBe(0);
  expect(slow.fired).toBe(1);
});

test("a late call to a simulator that closes is not carried out", async () => {
  const github = await startSimulator();
  const repo = await github.createRepository({ owner: "octo-org", name: "sample", files: { a: "b" } });
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const fault = github.faults.api({ times: 1, action: { lateMs: 3_600_000 } });
  const on = { owner: repo.owner, repo: repo.name, issue_number: number };
  const asked = person(github, "maintainer").issues.createComment({ ...on, body: "never" });
  const refused = expect(asked).rejects.toThrow();
  await fault.firing;
  await github.close();
  await refused;
  expect(github.state.comments(repo, number)).toEqual([]);
});
