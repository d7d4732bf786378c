import { expect, test } from "vitest";
import { commitMessage } from "../../../workers/publish/commit-message.ts";
import { git } from "../workspace/support.ts";
import { SUBJECT, startRun } from "./support.ts";

const trailers = "Orch-Task: tabc\nOrch-Epoch: 1\nCo-authored-by: maintainer <12+maintainer@users.noreply.github.com>";

test("each commit is made anew as the bot's, with the same content, in the same order", async () => {
  const run = await startRun();
  run.agent("echo 1 > a; git add a; git commit -qm 'Add a' -m 'Because of b.'; echo 2 > a; git commit -qam 'Change a'");
  const { tip } = await run.collect();
  const sha = await run.recreate();
  const show = (format: string) =>
    git(run.quarantine.dir, "log", "--reverse", `--format=${format}`, `${run.base}..${sha}`);
  const name = "orch-app[bot] <777+orch-app[bot]@users.noreply.github.com>";
  expect(show("%an <%ae>")).toBe(`${name}\n${name}`);
  expect(show("%cn <%ce>")).toBe(`${name}\n${name}`);
  expect(show("%B")).toBe(`Add a\n\nBecause of b.\n\n${trailers}\n\nChange a\n\n${trailers}`);
  expect(git(run.quarantine.dir, "diff", "--stat", sha, tip)).toBe("");
});

test("repeating it gives the same commit, and a date far in the future is not believed", async () => {
  const run = await startRun();
  run.agent("echo 1 > a; git add a; git commit -qm one");
  run.agent("echo 2 > a; GIT_COMMITTER_DATE='4000000000 +0000' git commit -qam two");
  const sha = await run.recreate();
  expect(await run.recreate()).toBe(sha);
  const [first, second] = git(run.quarantine.dir, "log", "--reverse", "--format=%ct", `${run.base}..${sha}`).split(
    "\n",
  );
  expect(second).toBe(first);
});

test("a merge of the agent's own branches stays one", async () => {
  const run = await startRun();
  run.agent("git checkout -q -b side; echo s > s; git add s; git commit -qm side; git checkout -q -");
  run.agent("echo 1 > a; git add a; git commit -qm one; git merge -q --no-ff -m 'Merge side' side");
  const sha = await run.recreate();
  const log = git(run.quarantine.dir, "log", "--format=%s|%p", `${run.base}..${sha}`).split("\n");
  const [merge = "", ...others] = log.map((line) => line.split("|"));
  expect(merge[0]).toBe("Merge side");
  expect(merge[1]?.split(" ")).toHaveLength(2);
  expect(others.map(([subject]) => subject).sort()).toEqual(["one", "side"]);
  expect(git(run.quarantine.dir, "log", "--format=%an", `${run.base}..${sha}`)).not.toContain("Orch agent");
  expect(git(run.quarantine.dir, "show", `${sha}:s`)).toBe("s");
  expect(await run.recreate()).toBe(sha);
});

test("a merge that brings nothing is left out like a commit without a change", async () => {
  const run = await startRun();
  run.agent("git checkout -q -b side; git commit -q --allow-empty -m nothing; git checkout -q -");
  run.agent("echo 1 > a; git add a; git commit -qm one; git merge -q --no-ff -m 'Merge side' side");
  const sha = await run.recreate();
  expect(git(run.quarantine.dir, "log", "--format=%s", `${run.base}..${sha}`)).toBe("one");
});

const addFile = "echo 1 > a; git add a";
const workflow = "mkdir -p .github/workflows; echo x > .github/workflows/x.yml; git add -A; git commit -qm one";

test.for([
  ["more than fifty commits", "for i in $(seq 51); do echo $i > a; git add a; git commit -qm c$i; done"],
  ["a rewritten base", `${addFile}; git commit -q --amend -m new`],
  ["an orphan branch", `git checkout -q --orphan new; ${addFile}; git commit -qm new`],
  [
    "a workflow on the way that is gone at the end",
    `${workflow}; git rm -q -r .github; ${addFile}; git commit -qm two`,
  ],
] as const)("%s come to one commit on the base", async ([, script]) => {
  const run = await startRun();
  run.agent(script);
  const { tip } = await run.collect();
  const { sha, commits } = await run.recreateAll();
  // What people are told is what the branch has.
  expect(commits).toBe(1);
  expect(git(run.quarantine.dir, "rev-list", `${run.base}..${sha}`)).toBe(sha);
  expect(git(run.quarantine.dir, "rev-parse", `${sha}^`)).toBe(run.base);
  expect(git(run.quarantine.dir, "diff", "--stat", sha, tip)).toBe("");
});

test("one commit for many says what all of them are about", async () => {
  const run = await startRun();
  run.agent("for i in $(seq 51); do echo $i > a; git add a; git commit -qm c$i; done");
  const sha = await run.recreate();
  expect(git(run.quarantine.dir, "log", "-1", "--format=%s", sha)).toBe(SUBJECT);
});

test("commits without a change are left out", async () => {
  const run = await startRun();
  run.agent("git commit -q --allow-empty -m empty");
  expect(await run.recreate()).toBe(run.base);
});

const authorship = { taskId: "tabc", epoch: 1, requester: { id: 12, login: "maintainer" }, subject: "Repair the sum" };
const say = (text: string) => commitMessage(text, authorship).slice(0, -trailers.length - 3);

test("a message mentions nobody, closes nothing and skips no checks", () => {
  expect(say("Fixes #12, closes octo-org/x#3 and resolves GH-4 cc @octo-org/team")).toBe(
    "Fixes no. 12, closes octo-org/x no. 3 and resolves no. 4 cc octo-org/team",
  );
  expect(say("close: https://github.com/octo-org/x/issues/5")).toBe("close: github.com/octo-org/x/issues/5");
  expect(say("Fix the parser [skip ci] [ci skip] [no ci] [skip actions] ***NO_CI***")).toBe(
    "Fix the parser (skip ci) (ci skip) (no ci) (skip actions) NO_CI***",
  );
});

test("a message forges no trailer and hides no character", () => {
  const forged = "Co-authored-by: x <x@y>\nOrch-Task: other\nSigned-off-by: y\nskip-checks: true";
  expect(say(`Title\u001b[31m\u202e\u200b\r\n\r\nText\tx\n${forged}`)).toBe("Title\n\nText x");
  expect(say(" \u0007 \n")).toBe("Repair the sum");
});

test("a message is bounded without cutting a character in two", () => {
  const text = say("ä".repeat(10_000));
  expect(Buffer.byteLength(text)).toBeLessThan(8_010);
  expect(text).toMatch(/^ä+…$/);
});

test("a person with an impossible name is not named", () => {
  const requester = { id: 1, login: "x>\nOrch-Task: y" };
  expect(() => commitMessage("x", { ...authorship, requester })).toThrow("Not a GitHub account");
});

test("where the repository asked by itself, no person is named as an author", () => {
  const { requester: _, ...own } = authorship;
  expect(commitMessage("Add a", own)).toBe(`Add a\n\nOrch-Task: ${own.taskId}\nOrch-Epoch: ${own.epoch}\n`);
});
