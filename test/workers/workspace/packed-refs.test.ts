/** What an agent's git knows of the repository around its branch. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkOutEarly } from "../../../workers/run/prepare/check-out-early.ts";
import { fetchRefs } from "../../../workers/workspace/fetch-refs.ts";
import { readBranches } from "../../../workers/workspace/mirror-branches.ts";
import { packedRefs } from "../../../workers/workspace/packed-refs.ts";
import { asAgent, git, type Remote, slotUser, startHost, startRemote } from "./support.ts";

type Host = Awaited<ReturnType<typeof startHost>>;

const ISSUE = { base: "main", start: "main", branch: "orch/7-tabc" };

/** As a run makes it: laid from the fetch before, brought up to date after this one. */
async function workspaceOf(host: Host, remote: Remote, { base, start, branch } = ISSUE) {
  const options = { ...host, taskId: "tabc", branch, base, user: slotUser, seenAt: undefined };
  const fetch = fetchRefs(host.mirror, remote.access, [...new Set([base, start])]);
  return (await checkOutEarly(options, start, fetch).checkedOut).workspace;
}

test("the base and the tags are there as a person's clone has them, and nothing can be pushed", async () => {
  const remote = await startRemote();
  git(remote.clone, "tag", "v1.0");
  git(remote.clone, "tag", "-a", "v1.1", "-m", "release");
  git(remote.clone, "push", "-q", "--tags", remote.bare);
  const workspace = await workspaceOf(await startHost(remote), remote);
  const { treeDir } = workspace;
  asAgent(treeDir, "echo more >> README.md; git commit -qam more");
  expect(asAgent(treeDir, "git diff --stat main...HEAD | tail -1; git rev-list --count origin/main..HEAD")).toBe(
    " 1 file changed, 1 insertion(+)\n1".trim(),
  );
  expect(asAgent(treeDir, "git describe; git describe --tags --exact-match main; git tag")).toMatch(
    /^v1\.1-1-g[0-9a-f]+\nv1\.1\nv1\.0\nv1\.1$/,
  );
  expect(() => asAgent(treeDir, "git push origin HEAD:main")).toThrow(
    "'origin' does not appear to be a git repository",
  );
  expect(asAgent(treeDir, "git remote; git status --porcelain; git fsck --strict 2>/dev/null && echo whole")).toBe(
    "whole",
  );
});

test("what a fetch brings is there although the files were laid before it", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  const sha = remote.commit({ "new.txt": "new\n" });
  git(remote.clone, "tag", "late");
  git(remote.clone, "push", "-q", "--tags", remote.bare);
  const { treeDir } = await workspaceOf(host, remote);
  expect(asAgent(treeDir, "git rev-parse main origin/main late HEAD").split("\n")).toEqual([sha, sha, sha, sha]);
});

test("on a pull request both its branch and the one that it is to be merged into are there", async () => {
  const remote = await startRemote();
  const topic = remote.commit({ "topic.txt": "topic\n" }, "feature/topic");
  git(remote.clone, "checkout", "-q", "main");
  const main = remote.commit({ "other.txt": "other\n" });
  const of = { base: "main", start: "feature/topic", branch: "feature/topic" };
  const { treeDir } = await workspaceOf(await startHost(remote), remote, of);
  const names = "git rev-parse HEAD feature/topic origin/feature/topic main origin/main";
  expect(asAgent(treeDir, names).split("\n")).toEqual([topic, topic, topic, main, main]);
  expect(asAgent(treeDir, "git merge -q -m 'Merge main' main; git ls-files")).toContain("other.txt");
});

test("a base whose name leaves no room beside the task's branch is there as origin's alone", async () => {
  const remote = await startRemote();
  const { mirror, main } = await startHost(remote);
  const refs = (branch: string, base: string) => packedRefs(mirror, { branch, base, start: base });
  expect(refs("main", "main")).toBe(`${main} refs/remotes/origin/main\n`);
  expect(refs("main/x", "main")).toBe(`${main} refs/remotes/origin/main\n`);
  expect(refs("orch/x", "gone")).toBe("");
});

test("a tag that cannot be kept is no reason to fail, and many tags end in one file", async () => {
  const remote = await startRemote();
  const { mirror } = await startHost(remote);
  const refs = join(mirror.dir, "refs", "tags");
  mkdirSync(join(refs, "v1"));
  writeFileSync(join(refs, "v1", "a"), `${git(remote.clone, "rev-parse", "HEAD")}\n`);
  remote.commit({ "a.txt": "1\n" });
  git(remote.clone, "tag", "v1"); // where the mirror has a folder
  git(remote.clone, "push", "-q", "--tags", remote.bare);
  const tip = (await fetchRefs(mirror, remote.access, ["main"])).main;
  expect(tip).toBe(git(remote.clone, "rev-parse", "HEAD"));
  for (let tag = 0; tag < 250; tag++) writeFileSync(join(remote.bare, "refs", "tags", `t${tag}`), `${tip}\n`);
  await fetchRefs(mirror, remote.access, ["main"]);
  expect(readdirSync(refs)).toEqual([]);
  expect(
    packedRefs(mirror, { branch: "orch/x", base: "main", start: "main" }).match(/refs\/tags\/t\d+\n/g),
  ).toHaveLength(250);
  expect([...readBranches(mirror)]).toEqual([["main", tip]]);
});
