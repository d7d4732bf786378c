/** One task up to the point where its agent has worked: workspace, sandbox, and every deed of publishing bound to it. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { collect } from "../../../workers/publish/collect.ts";
import { commitLeftovers } from "../../../workers/publish/commit-leftovers.ts";
import { gate } from "../../../workers/publish/gate.ts";
import { push } from "../../../workers/publish/push.ts";
import { openQuarantine } from "../../../workers/publish/quarantine.ts";
import { recreate } from "../../../workers/publish/recreate.ts";
import { findUnfinished } from "../../../workers/publish/unfinished.ts";
import { type Confinement, chooseDriver, type SandboxDriver } from "../../../workers/sandbox/sandbox.ts";
import { workspaceMounts } from "../../../workers/workspace/workspace.ts";
import { asAgent, type Remote, slotUser, startHost, startRemote, temporaryFolder } from "../workspace/support.ts";

const bot = { id: 777, login: "orch-app[bot]" };
/** As in an operator's file that says nothing of them. */
export const changeLimits = { files: 3_000, lines: 200_000, fileBytes: 10_000_000 };
export const requester = { id: 12, login: "maintainer" };

const sandboxDir = mkdtempSync(join(tmpdir(), "orch-test-sandbox-"));
chmodSync(sandboxDir, 0o711);
afterAll(() => rmSync(sandboxDir, { recursive: true, force: true }));

/** What the work is called where the agent does not say it. */
export const SUBJECT = "Repair the sum";

/** Chosen and self-tested once per file: that takes longer than most of the tests. */
let chosen: Promise<{ driver: SandboxDriver }> | undefined;

export async function sandboxDriver(): Promise<SandboxDriver> {
  chosen ??= chooseDriver({ mode: "bwrap", dir: join(sandboxDir, "sandbox"), users: [slotUser] });
  return (await chosen).driver;
}

export async function startRun(options: { remote?: Remote; taskId?: string; epoch?: number } = {}) {
  const remote = options.remote ?? (await startRemote());
  const { taskId = "tabc", epoch = 1 } = options;
  const driver = await sandboxDriver();
  const host = await startHost(remote, driver.workspaceAt);
  const workspace = await host.create(taskId);
  const confinement: Confinement = {
    user: slotUser,
    mounts: workspaceMounts(workspace, host.mirror),
    cwd: workspace.inside.treeDir,
    env: { PATH: "/usr/bin:/bin", HOME: workspace.inside.homeDir, LC_ALL: "C" },
  };
  const { mirror, main: base } = host;
  const quarantine = openQuarantine(join(temporaryFolder(), "collected.git"), mirror, base);
  const branch = workspace.branch;
  const run = {
    ...{ remote, host, workspace, driver, confinement, mirror, quarantine, base, branch, taskId, epoch },
    /** What the agent does, in its tree. */
    agent: (script: string) => asAgent(workspace.treeDir, script),
    commitLeftovers: () => commitLeftovers({ workspace, driver, confinement, subject: SUBJECT }),
    unfinished: () => findUnfinished({ workspace, driver, confinement }),
    collect: () => collect({ quarantine, workspace, driver, confinement, base }),
    gate: async (limits = changeLimits) => gate({ quarantine, base, tip: (await run.collect()).tip, limits }),
    recreateAll: async () => {
      const { tip } = await run.collect();
      return recreate({ quarantine, base, tip, limits: changeLimits, taskId, epoch, bot, requester, subject: SUBJECT });
    },
    /** The new tip. */
    recreate: async () => (await run.recreateAll()).sha,
    push: (sha: string, expected = "", to = branch) =>
      push({ quarantine, access: remote.access, sha, branch: to, expected, taskId }),
  };
  return run;
}
