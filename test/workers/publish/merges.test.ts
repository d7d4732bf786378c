/** An agent that merges what GitHub has: what counts as its own work, and that the merge stays one. */
import { expect, test } from "vitest";
import { commitsToPublish } from "../../../workers/publish/agent-commits.ts";
import { gate } from "../../../workers/publish/gate.ts";
import { recreate } from "../../../workers/publish/recreate.ts";
import { fetchRefs } from "../../../workers/workspace/fetch-refs.ts";
import { asAgent, git, startRemote } from "../workspace/support.ts";
import { changeLimits, requester, SUBJECT, startRun } from "./support.ts";

const workflow = { ".github/workflows/ci.yml": "on: push\n" };

/**
 * A run that began before `main` moved on, in whose repository the new `main` can be merged. Both changed `shared.txt`; `main`
 * also changed a workflow, and 60 files.
 */
async function startBehind() {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`many/${index}`, "1\n"]));
  const remote = await startRemote({ "shared.txt": "old\n", "theirs.txt": "1\n", ...many });
  const run = await startRun({ remote });
  const changed = Object.fromEntries(Object.keys(many).map((path) => [path, "2\n"]));
  const main = remote.commit({ "shared.txt": "main's\n", "theirs.txt": "2\n", ...workflow, ...changed });
  await fetchRefs(run.mirror, remote.access, ["main"]);
  run.agent(`git update-ref refs/heads/main ${main}; echo "agent's" > shared.txt; git commit -qam 'Change shared'`);
  run.agent("git merge -q -m 'Merge main' main >/dev/null || true");
  return { ...run, main };
}

const RESOLVE = "echo both > shared.txt; git commit -qam 'Merge main'";

test("a merge of the base stays a merge with GitHub's own commit, and merges cleanly", async () => {
  const run = await startBehind();
  run.agent(RESOLVE);
  expect((await run.collect()).commits).toBe(2);
  expect(await run.gate({ files: 1, lines: 10, fileBytes: 100 })).toMatchObject({ ok: true, stat: { files: 1 } });
  const { sha, commits } = await run.recreateAll();
  expect(commits).toBe(2);
  const [first = "", second] = git(run.quarantine.dir, "log", "-1", "--format=%P", sha).split(" ");
  expect(second).toBe(run.main);
  expect(git(run.quarantine.dir, "log", "-1", "--format=%s|%an|%P", first)).toBe(
    `Change shared|orch-app[bot]|${run.base}`,
  );
  expect(git(run.quarantine.dir, "merge-tree", "--write-tree", run.main, sha)).toBe(
    git(run.quarantine.dir, "rev-parse", `${sha}^{tree}`),
  );
  expect((await run.recreateAll()).sha).toBe(sha);
  expect(await run.push(sha)).toEqual({ kind: "pushed", sha });
});

test.for([
  ["changes a file of the base's besides", "echo evil > theirs.txt", "theirs.txt"],
  ["takes back what only the base changed", "git checkout -q HEAD -- theirs.txt", "theirs.txt"],
  ["adds a file", "echo evil > evil.txt; git add evil.txt", "evil.txt"],
] as const)("what a merge %s is seen", async ([, script, path]) => {
  const run = await startBehind();
  run.agent(`${script}; ${RESOLVE}`);
  const passed = await run.gate();
  expect(passed.ok && passed.changes.map((change) => change.path).sort()).toEqual(["shared.txt", path].sort());
});

test("a merge that undoes the base's change of a workflow is refused", async () => {
  const run = await startBehind();
  run.agent(`git rm -q -f .github/workflows/ci.yml; ${RESOLVE}`);
  expect(await run.gate()).toMatchObject({ ok: false, objections: [{ reason: expect.stringContaining("workflow") }] });
});

test("what lies on no branch of GitHub's is the agent's, and goes out as such", async () => {
  const run = await startBehind();
  run.agent(RESOLVE);
  const { tip } = await run.collect();
  const span = { quarantine: run.quarantine, base: run.base, tip, known: [], limits: changeLimits };
  expect(await gate(span)).toMatchObject({ ok: false, objections: [{ reason: expect.stringContaining("workflow") }] });
  const commits = await commitsToPublish({ ...span, known: [] });
  expect(commits.flatMap(({ parents }) => parents)).not.toContain(run.main);
});

test("work that was rebased onto the newer base goes out as a merge with it", async () => {
  const run = await startBehind();
  run.agent(
    "git merge --abort; git reset -q --hard main; for i in 1 2; do echo $i > own; git add own; git commit -qm o; done",
  );
  const { sha, commits } = await run.recreateAll();
  // It stands on what GitHub has: the base's commit is below it, as the agent had it.
  expect(commits).toBe(2);
  expect(git(run.quarantine.dir, "rev-list", "--count", `${run.main}..${sha}`)).toBe("2");
});

test("the branch of a pull request that was rebased keeps its commits, and gets what it was rebased onto", async () => {
  const remote = await startRemote();
  const topic = remote.commit({ "topic.txt": "1\n" }, "topic");
  git(remote.clone, "checkout", "-q", "main");
  const run = await startRun({ remote });
  const main = remote.commit({ "other.txt": "1\n" });
  await fetchRefs(run.mirror, remote.access, ["main", "topic"]);
  run.agent(`git reset -q --hard ${main}; echo 1 > topic.txt; git add topic.txt; git commit -qm topic
    echo 2 > topic.txt; git commit -qam more`);
  const { tip } = await run.collect();
  const span = { quarantine: run.quarantine, base: topic, tip, limits: changeLimits };
  const bot = { id: 777, login: "orch-app[bot]" };
  const { sha, commits } = await recreate({ ...span, bot, requester, taskId: "tabc", epoch: 1, subject: SUBJECT });
  expect(commits).toBe(1);
  expect(git(run.quarantine.dir, "log", "-1", "--format=%P", sha)).toBe(`${topic} ${main}`);
  expect(git(run.quarantine.dir, "log", "-1", "--format=%s", sha)).toBe(SUBJECT);
});

test("taking the newer base and nothing else is no change", async () => {
  const run = await startBehind();
  run.agent("git merge --abort; git reset -q --hard main");
  expect((await run.collect()).commits).toBe(0);
  asAgent(run.workspace.treeDir, "git commit -q --allow-empty -m nothing");
  expect((await run.collect()).commits).toBe(0);
});
