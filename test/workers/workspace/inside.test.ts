/** Where a task's programs see their workspace, and that git works there as it does from outside. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../../../workers/run-program.ts";
import { WORKSPACE_INSIDE } from "../../../workers/sandbox/confinement.ts";
import { findWorkspace, type Workspace } from "../../../workers/workspace/workspace.ts";
import { startRun } from "../publish/support.ts";
import { asAgent, slotUser, startHost, startRemote } from "./support.ts";

type StartedRun = Awaited<ReturnType<typeof startRun>>;

/** What `script` prints inside the task's sandbox, in the tree. */
async function inside({ driver, confinement }: StartedRun, script: string): Promise<string> {
  const [file = "", ...args] = driver.wrap(confinement, ["/bin/sh", "-ec", script]);
  const { stdout, stderr, exitCode } = await runProgram({ file, args, env: confinement.env, timeoutMs: 20_000 });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout.trim();
}

test("the programs of every task see their workspace at one and the same path", async () => {
  const runs = [await startRun({ taskId: "tone" }), await startRun({ taskId: "ttwo" })];
  for (const run of runs) {
    const seen = await inside(run, 'pwd; echo "$HOME"; ls ..; touch "$HOME/mine"');
    expect(seen).toBe("/workspace/tree\n/workspace/home\nhome\nrepo.git\ntmp\ntree");
    expect(existsSync(join(run.workspace.homeDir, "mine"))).toBe(true);
  }
});

test("git inside finds its repository, its worktree and its history, and loses neither when it tidies", async () => {
  const run = await startRun();
  const before = "git status --porcelain --branch; git worktree list --porcelain; git log --format=%s";
  expect(await inside(run, before)).toBe(
    [
      "## orch/7-tabc",
      "worktree /workspace/repo.git\nbare\n",
      `worktree /workspace/tree\nHEAD ${run.base}\nbranch refs/heads/orch/7-tabc\n`,
      "a change",
    ].join("\n"),
  );
  await inside(run, "git worktree prune --expire now; git gc --quiet; echo more >> README.md; git commit -qam more");
  const after = "git status --porcelain; git log --format=%s; git fsck --strict 2>/dev/null && echo whole";
  expect(await inside(run, after)).toBe("more\na change\nwhole");
  expect(await run.collect()).toMatchObject({ commits: 1 });
});

test("git outside the sandbox finds the same repository", async () => {
  const run = await startRun();
  expect(run.agent("git rev-parse --absolute-git-dir; git status --porcelain")).toBe(
    `${run.workspace.repositoryDir}/worktrees/tree`,
  );
});

test("without a sandbox a workspace is seen where it is", async () => {
  const host = await startHost(await startRemote());
  const { inside: seen, branch, baseSha, ...own } = await host.create("tabc");
  expect(seen).toEqual(own);
  expect(asAgent(own.treeDir, "git worktree list --porcelain")).toContain(`worktree ${own.treeDir}\n`);
});

test("a workspace that an older Orch made is seen at its own path, as its agent has seen it before", async () => {
  const host = await startHost(await startRemote(), WORKSPACE_INSIDE);
  const { dir, inside: seen } = await host.create("tabc");
  const find = (seenAt: string | undefined): Workspace | undefined =>
    findWorkspace({ dataDir: host.dataDir, taskId: "tabc", user: slotUser, seenAt });
  expect(seen.dir).toBe("/workspace");
  expect(find(WORKSPACE_INSIDE)?.inside).toEqual(seen);
  expect(find(undefined)?.inside.dir).toBe(dir);
  const { seenAt, ...old } = JSON.parse(readFileSync(`${dir}.json`, "utf8"));
  expect(seenAt).toBe("/workspace");
  writeFileSync(`${dir}.json`, JSON.stringify(old));
  expect(find(WORKSPACE_INSIDE)?.inside.dir).toBe(dir);
});
