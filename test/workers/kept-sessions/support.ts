/** Two slots of a host with the driver that is asked for, and workspaces of its tasks. */
import { execFileSync } from "node:child_process";
import { pino } from "pino";
import type { TaskSpec } from "../../../src/task/task-spec.ts";
import type { Home } from "../../../workers/kept-sessions/pack.ts";
import { parseOperatorFile } from "../../../workers/operator-file.ts";
import type { Run, Shared } from "../../../workers/run/run.ts";
import { createRunFolder } from "../../../workers/run/run-folder.ts";
import type { Resumed } from "../../../workers/run/run-record.ts";
import { makeSpoken } from "../../../workers/run/step/spoken.ts";
import type { SandboxDriver, SlotUser } from "../../../workers/sandbox/sandbox.ts";
import { createWorkspace } from "../../../workers/workspace/workspace.ts";
import { makeSpec } from "../../support/task-spec.ts";
import { asRoot, startHost, startRemote } from "../workspace/support.ts";

/** A script as the slot's user, outside any sandbox; gives what it prints. */
export function asUser({ uid, gid }: SlotUser, cwd: string, script: string): string {
  const become = asRoot ? ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"] : [];
  const [file = "sh", ...args] = [...become, "sh", "-ec", script];
  return execFileSync(file, args, { cwd, env: { PATH: process.env.PATH }, encoding: "utf8" }).trim();
}

export type Slots = { driver: SandboxDriver; users: readonly SlotUser[] };

/** A host with a repository in its mirror, and new workspaces in it. */
export async function startSlots({ driver, users }: Slots) {
  const remote = await startRemote();
  const host = await startHost(remote, driver.workspaceAt);
  const create = async (taskId: string, slot: number): Promise<Home> => {
    const user = users[slot] as SlotUser;
    const where = { ...host, taskId, user, sha: host.main, branch: `orch/1-${taskId}` };
    return { driver, user, workspace: await createWorkspace(where) };
  };
  return { remote, host, create };
}

const OPERATOR = `
agents:
  own: { kind: jsonl, command: [own], sessionPaths: [.own] }
  other: { kind: jsonl, command: [own], sessionPaths: [.own] }
  forgetful: { kind: jsonl, command: [own] }
  script: { kind: plain, command: [script] }
  claude: { kind: claude, command: [claude] }
  gemini: { kind: gemini, command: [gemini] }
defaultAgent: own
`;

export type EndedRun = {
  agent: string;
  /** As the agent has named it. */
  sessionId?: string;
  resumed?: Resumed;
  spec?: Partial<TaskSpec>;
  slot?: number;
};

/** Runs that have ended, each with a workspace that still stands. */
export async function startTasks(slots: Slots, limits = "") {
  const { host, create } = await startSlots(slots);
  const log = pino({ level: "silent" });
  const operator = parseOperatorFile(OPERATOR + (limits && `limits: { ${limits} }\n`), "test");
  const shared = { dataDir: host.dataDir, driver: slots.driver, operator, log, env: {} } as unknown as Shared;
  let count = 0;
  /** A run of a new task. */
  async function run({ agent, sessionId, resumed, spec: more, slot = 0 }: EndedRun): Promise<Run & { home: Home }> {
    count += 1;
    const spec = makeSpec({ commentId: 500 + count, ...more });
    const home = await create(spec.id, slot);
    const { branch, baseSha } = home.workspace;
    const prepared = { agent, branch, base: "main", baseSha, sessionId: "s", resumed, cloneUrl: "", repositoryId: 11 };
    const steps = [{ name: "agent-1", kind: "agent" as const, startedAt: 1 }];
    const record = { taskId: spec.id, epoch: 1, jobId: "j", slot, startedAt: 1, prepared, steps };
    const folder = createRunFolder(`${host.dataDir}/host/runs`, record);
    const spoken = makeSpoken();
    spoken.begin();
    if (sessionId) spoken.hear({ type: "session", sessionId });
    return { task: { spec }, folder, spoken, user: home.user, log, home } as unknown as Run & { home: Home };
  }
  return { shared, run };
}
