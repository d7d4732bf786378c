import { join } from "node:path";
/** Fetch, work, publish against the simulated GitHub, with what the App's own installation tokens allow. */
import { expect, test } from "vitest";
import { collect } from "../../../workers/publish/collect.ts";
import { push } from "../../../workers/publish/push.ts";
import { openQuarantine } from "../../../workers/publish/quarantine.ts";
import { recreate } from "../../../workers/publish/recreate.ts";
import { fetchRefs } from "../../../workers/workspace/fetch-refs.ts";
import { AccessDenied, RepositoryArchived, RepositoryGone } from "../../../workers/workspace/git-errors.ts";
import { openMirror } from "../../../workers/workspace/mirror.ts";
import { createWorkspace, workspaceMounts } from "../../../workers/workspace/workspace.ts";
import { installationToken, sample } from "../../simulator/support/setting.ts";
import { asAgent, slotUser, temporaryFolder } from "../workspace/support.ts";
import { changeLimits, requester, sandboxDriver } from "./support.ts";

async function startWork(tokenFormat: "classic" | "stateless") {
  const { github, repo } = await sample({ tokenFormat, private: true });
  const access = { cloneUrl: repo.cloneUrl, token: () => installationToken(github, repo.installationId) };
  const mirror = openMirror(temporaryFolder(), repo.id);
  return { github, repo, access, mirror };
}

test.for(["classic", "stateless"] as const)("work reaches a branch on GitHub with a %s token", async (tokenFormat) => {
  const { github, repo, access, mirror } = await startWork(tokenFormat);
  const { main: base = "" } = await fetchRefs(mirror, access, ["main"]);
  const taskId = "tabc";
  const branch = "orch/1-tabc";
  const dataDir = temporaryFolder();
  const driver = await sandboxDriver();
  const seenAt = driver.workspaceAt;
  const workspace = await createWorkspace({ dataDir, taskId, mirror, sha: base, branch, user: slotUser, seenAt });
  asAgent(workspace.treeDir, "echo done > done.txt; git add -A; git commit -qm 'Do it, fixes #1'");
  const cwd = workspace.inside.treeDir;
  const confinement = { user: slotUser, mounts: workspaceMounts(workspace, mirror), cwd, env: {} };
  const quarantine = openQuarantine(join(temporaryFolder(), "collected.git"), mirror, base);
  const { tip } = await collect({ quarantine, workspace, driver, confinement, base });
  const bot = { id: github.app.botId, login: github.app.botLogin };
  const { sha } = await recreate({
    subject: "Repair",
    quarantine,
    base,
    tip,
    limits: changeLimits,
    taskId,
    epoch: 1,
    bot,
    requester,
  });
  expect(await push({ quarantine, access, sha, branch, expected: "", taskId })).toEqual({ kind: "pushed", sha });
  expect(github.state.branches(repo)[branch]).toBe(sha);
  expect(github.state.fileAt(repo, branch, "done.txt")).toBe("done\n");
  expect(github.state.log(repo, branch)[0]).toMatchObject({ sha, author: github.app.botLogin });
  expect(github.violations()).toEqual([]);
});

test("an archived, a removed and a revoked repository each end in their own error", async () => {
  const { github, repo, access, mirror } = await startWork("classic");
  const token = await access.token();
  const same = { ...access, token: async () => token };
  const { main: base = "" } = await fetchRefs(mirror, same, ["main"]);
  github.archive(repo);
  const quarantine = openQuarantine(join(temporaryFolder(), "collected.git"), mirror, base);
  const attempt = { quarantine, access: same, sha: base, branch: "orch/1-tabc", expected: "", taskId: "tabc" };
  await expect(push(attempt)).rejects.toBeInstanceOf(RepositoryArchived);
  github.unarchive(repo);
  github.uninstall(repo);
  await expect(push(attempt)).rejects.toSatisfy(
    (error) => error instanceof RepositoryGone || error instanceof AccessDenied,
  );
  github.expireTokens();
  await expect(fetchRefs(mirror, { ...same, cloneUrl: repo.cloneUrl }, ["main"])).rejects.toBeInstanceOf(AccessDenied);
});
