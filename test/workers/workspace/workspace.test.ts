import { chmodSync, existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetchRefs } from "../../../workers/workspace/fetch-refs.ts";
import { TooLarge } from "../../../workers/workspace/git-errors.ts";
import { removeWorkspace } from "../../../workers/workspace/remove-workspace.ts";
import { guardTree, TREE_LIMITS } from "../../../workers/workspace/tree-guard.ts";
import { createWorkspace, moveWorkspace, workspaceMounts } from "../../../workers/workspace/workspace.ts";
import { writeInWorkspace } from "../../../workers/workspace/write-in-workspace.ts";
import { ownBaseUid } from "../../support/own-uids.ts";
import { asAgent, asRoot, git, slotUser, startHost, startRemote } from "./support.ts";

test("an agent finds the files of its commit on its own branch, clean, and can commit", async () => {
  const host = await startHost(
    await startRemote({ "src/a.txt": "a\n", "run.sh": "#!/bin/sh\n", here: { link: "src" } }),
  );
  const workspace = await host.create("tabc");

  expect(workspace).toMatchObject({ branch: "orch/7-tabc", baseSha: host.main });
  const say = asAgent(workspace.treeDir, "git status --porcelain --branch; git rev-parse HEAD; cat here/a.txt");
  expect(say).toBe(`## orch/7-tabc\n${host.main}\na`);
  asAgent(workspace.treeDir, "echo b >> src/a.txt; git commit -qam done");
  expect(asAgent(workspace.treeDir, "git log --format='%s %an %ae' -1")).toBe("done Orch agent agent@orch.invalid");
  expect(asAgent(workspace.treeDir, "git fsck --strict 2>/dev/null && echo whole")).toBe("whole");
});

test("the repository and worktree written by hand are what git itself would have made", async () => {
  const host = await startHost(await startRemote({ "a/b.txt": "b\n", "c.txt": "c\n" }));
  const ours = await host.create("tours");
  const base = join(host.dataDir, "by-git");
  git(host.dataDir, "init", "-q", "--bare", "-b", "main", join(base, "repo.git"));
  writeFileSync(join(base, "repo.git/objects/info/alternates"), `${host.mirror.dir}/objects\n`);
  git(join(base, "repo.git"), "worktree", "add", "--no-track", "-b", "orch/7-tours", join(base, "tree"), host.main);

  // Not repeated by us: samples and descriptions that do nothing, ORIG_HEAD and logs of a history without past.
  const idle = /^repo\.git\/(hooks|description|info|logs|branches|worktrees\/tree\/(logs|ORIG_HEAD|refs))(\/|$)/;
  const files = async (dir: string) =>
    (await readdir(dir, { recursive: true })).filter((path) => !idle.test(path) && !/^(home|tmp)$/.test(path)).sort();
  expect(await files(ours.dir)).toEqual(await files(base));

  const text = (dir: string, file: string) => readFileSync(join(dir, file), "utf8").replaceAll(dir, "<dir>");
  for (const file of ["gitdir", "commondir", "HEAD"].map((name) => `repo.git/worktrees/tree/${name}`)) {
    expect([file, text(ours.dir, file)]).toEqual([file, text(base, file)]);
  }
  // The one difference: where git would have written an absolute path, ours leads there from wherever the two are seen.
  const gitDirOf = (dir: string) => /^gitdir: (.*)\n$/.exec(text(dir, "tree/.git"))?.[1] ?? "";
  expect(gitDirOf(ours.dir)).toBe("../repo.git/worktrees/tree");
  expect(join("<dir>/tree", gitDirOf(ours.dir))).toBe(gitDirOf(base));
  const questions = ["worktree list --porcelain", "ls-files -s", "for-each-ref", "status --porcelain --branch"];
  for (const question of questions) {
    const answer = asAgent(ours.treeDir, `git ${question}`).replaceAll(ours.dir, "<dir>");
    expect(answer).toBe(git(join(base, "tree"), ...question.split(" ")).replaceAll(base, "<dir>"));
  }
});

test("twenty tasks get their workspaces from one mirror at once", async () => {
  const host = await startHost(await startRemote());
  const ids = Array.from({ length: 20 }, (_, index) => `t${index}`);
  const workspaces = await Promise.all(ids.map((id) => host.create(id)));
  for (const { treeDir } of workspaces) expect(asAgent(treeDir, "cat README.md; git status --porcelain")).toBe("hello");
  expect(new Set(workspaces.map(({ branch }) => branch)).size).toBe(20);
});

test("a second call for the same task gives the same workspace with the agent's work in it", async () => {
  const host = await startHost(await startRemote());
  const first = await host.create("tabc");
  asAgent(first.treeDir, "echo work > new.txt");
  expect(await host.create("tabc", "orch/other")).toEqual(first);
  expect(readFileSync(join(first.treeDir, "new.txt"), "utf8")).toBe("work\n");
});

test("a workspace moves to a later commit: what is gone goes, what is new comes, nothing is left over", async () => {
  const remote = await startRemote({ "gone.txt": "1\n", "kept.txt": "2\n", "changed.txt": "3\n" });
  const host = await startHost(remote);
  const first = await host.create("tabc");
  const sha = remote.commit({ "gone.txt": undefined, "changed.txt": "4\n", "new/file.txt": "5\n" });
  await fetchRefs(host.mirror, remote.access, ["main"]);
  const moved = await moveWorkspace(first, { mirror: host.mirror, sha, user: slotUser });

  expect(moved).toEqual({ ...first, baseSha: sha });
  const say = "git rev-parse HEAD; git status --porcelain --branch; git ls-files; cat changed.txt";
  expect(asAgent(moved.treeDir, say)).toBe(`${sha}\n## orch/7-tabc\nchanged.txt\nkept.txt\nnew/file.txt\n4`);
  asAgent(moved.treeDir, "echo more > new/more.txt; git add -A; git commit -qm more");
  expect(await host.create("tabc")).toEqual(moved);
});

test.runIf(asRoot)("a link that the slot's user laid leads no write of the host's out of the workspace", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  const workspace = await host.create("tabc");
  const outside = join(host.dataDir, "outside");
  writeFileSync(outside, "the host's", { mode: 0o600 });
  const sha = remote.commit({ "README.md": "more\n" });
  await fetchRefs(host.mirror, remote.access, ["main"]);
  asAgent(
    workspace.dir,
    `ln -sf ${outside} repo.git/refs/heads/${workspace.branch}; ln -s ${host.dataDir} home/.agent`,
  );

  const moving = moveWorkspace(workspace, { mirror: host.mirror, sha, user: slotUser });
  await expect(moving).rejects.toThrow("Permission denied");
  const settings = join(workspace.dir, "home/.agent/settings.json");
  await expect(writeInWorkspace(slotUser, settings, "{}")).rejects.toThrow("Permission denied");
  expect(readFileSync(outside, "utf8")).toBe("the host's");
  expect(existsSync(join(host.dataDir, "settings.json"))).toBe(false);
});

test("a workspace that a crash left half-made is made anew", async () => {
  const host = await startHost(await startRemote());
  const first = await host.create("tabc");
  rmSync(`${first.dir}.json`); // written last
  rmSync(join(first.treeDir, "README.md"));
  writeFileSync(join(first.dir, "stray"), "");
  const second = await host.create("tabc");
  expect(asAgent(second.treeDir, "git status --porcelain; ls ..")).toBe("home\nrepo.git\ntmp\ntree");
});

test("a branch with an odd name is worked on under a neutral one", async () => {
  const host = await startHost(await startRemote());
  expect((await host.create("ta", "feature/plain-1.2")).branch).toBe("feature/plain-1.2");
  expect((await host.create("tb", "fix/$(id);x")).branch).toBe("orch/tb");
  await expect(host.create("tc", "--upload-pack=x")).rejects.toThrow("Not a branch name");
});

test("ids that could lead elsewhere are refused before anything is touched", async () => {
  const host = await startHost(await startRemote());
  for (const id of ["../x", "", "A", "a/b", "1a", "a".repeat(65)]) {
    await expect(host.create(id, "main")).rejects.toThrow("Not a task id");
    await expect(removeWorkspace({ dataDir: host.dataDir, taskId: id })).rejects.toThrow("Not a task id");
  }
  await expect(host.create("ta", "main", "HEAD")).rejects.toThrow("Not a full commit id");
});

test("removal copes with locked folders and does not follow links", async () => {
  const host = await startHost(await startRemote());
  const workspace = await host.create("tabc");
  const outside = join(host.dataDir, "outside");
  writeFileSync(outside, "precious");
  chmodSync(outside, 0o666);
  asAgent(
    workspace.treeDir,
    `ln -s ${outside} l; ln -s ${host.dataDir} d; mkdir -p x/y/z; touch x/y/z/f; chmod 000 x/y/z x/y x`,
  );
  await removeWorkspace({ dataDir: host.dataDir, taskId: "tabc" });
  expect(existsSync(workspace.dir)).toBe(false);
  expect(existsSync(`${workspace.dir}.json`)).toBe(false);
  expect(readFileSync(outside, "utf8")).toBe("precious");
  await removeWorkspace({ dataDir: host.dataDir, taskId: "tabc" });
});

test.runIf(asRoot)("another slot gets a workspace of its own making, not one that it cannot write", async () => {
  const host = await startHost(await startRemote());
  const workspace = await host.create("tabc");
  expect(lstatSync(workspace.dir)).toMatchObject({ uid: slotUser.uid, gid: slotUser.gid });
  expect(lstatSync(workspace.dir).mode & 0o777).toBe(0o700);
  expect(lstatSync(join(workspace.treeDir, "README.md")).uid).toBe(slotUser.uid);
  const user = { slot: 1, uid: ownBaseUid + 1, gid: ownBaseUid + 1 };
  await createWorkspace({ ...host, sha: host.main, taskId: "tabc", branch: "main", user });
  expect(lstatSync(join(workspace.treeDir, "README.md")).uid).toBe(user.uid);
});

test.runIf(asRoot)("an agent can read the mirror's objects and change none of them", async () => {
  const host = await startHost(await startRemote());
  const workspace = await host.create("tabc");
  const mounts = workspaceMounts(workspace, host.mirror);
  expect(mounts).toEqual([
    { source: workspace.dir, target: workspace.dir, writable: true },
    { source: join(host.mirror.dir, "objects") },
  ]);
  const attempt = `touch ${host.mirror.dir}/objects/x 2>/dev/null || echo refused; ls ${host.mirror.dir}/.. 2>/dev/null || echo hidden`;
  expect(asAgent(workspace.treeDir, attempt)).toBe("refused\nhidden");
});

test("a tree beyond a limit is refused before anything is written", async () => {
  const host = await startHost(await startRemote({ "a/b/c.txt": "12345", "d.txt": "678" }));
  const guard = (limit: Partial<typeof TREE_LIMITS>) => guardTree(host.mirror, host.main, { ...TREE_LIMITS, ...limit });
  await guard({ files: 2, bytes: 8, fileBytes: 5, depth: 3 });
  for (const limit of [{ files: 1 }, { bytes: 7 }, { fileBytes: 4 }, { depth: 2 }]) {
    await expect(guard(limit)).rejects.toBeInstanceOf(TooLarge);
  }
  await expect(guard({ files: 1 })).rejects.toThrow("too large for this host: it has more than 1 files");
  await expect(guardTree(host.mirror, "0".repeat(40))).rejects.toThrow("Listing the tree");
});
