/** A host's folder on this machine for one test: sandbox, sessions and step folders, and everything ended afterwards. */
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type Network, openNetwork } from "../../../workers/network/network.ts";
import { runProgram } from "../../../workers/run-program.ts";
import { endMarked, RUN_VARIABLE, readProcess, signal } from "../../../workers/sandbox/processes.ts";
import {
  type Confinement,
  chooseDriver,
  type SandboxDriver,
  type SandboxMode,
  type SlotUser,
} from "../../../workers/sandbox/sandbox.ts";
import { proxyUid, slotUsers } from "../../../workers/sandbox/slot-users.ts";
import { latched } from "../../../workers/tmux/latch.ts";
import { openSessions, type Sessions, type StepSpec } from "../../../workers/tmux/sessions.ts";
import { ownBaseUid } from "../../support/own-uids.ts";

export const AS_ROOT = process.getuid?.() === 0;

export type Machine = {
  dir: string;
  users: readonly SlotUser[];
  driver: SandboxDriver;
  /** Undefined with the driver `none`. */
  network: Network | undefined;
  sessions: Sessions;
  /** The slot's own writable folder. */
  workspace: string;
  transcript: string;
  /** A step that runs a shell script confined in the workspace. */
  step(
    name: string,
    script: string,
    more?: Partial<StepSpec> & Pick<Confinement, "outlet" | "caps">,
  ): Promise<StepSpec>;
  /** What a step has written to its standard output. */
  output(name: string): Promise<string>;
  /** A second host process's view of the same sessions. */
  reopen(): Promise<Sessions>;
  /** Asks the host's tmux server as a person would; gives what it printed. */
  tmux(...words: string[]): Promise<string>;
  serverPid(): Promise<number>;
  close(): Promise<void>;
};

export const HOST_ID = "test";

export async function openMachine(mode: SandboxMode = "auto"): Promise<Machine> {
  const dir = await mkdtemp(join(tmpdir(), "orch-m-"));
  await chmod(dir, 0o711);
  const users = await slotUsers(2, process.getuid?.() ?? -1, ownBaseUid);
  const user = users[0] as SlotUser;
  const network =
    mode === "none"
      ? undefined
      : await openNetwork({ dir: join(dir, "network"), uid: proxyUid(users), log: pino({ level: "silent" }) });
  const { driver } = await chooseDriver({ mode, dir: join(dir, "sandbox"), users, network });
  const [workspace, transcript] = [join(dir, "workspace"), join(dir, "transcript.log")];
  await mkdir(workspace, { mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) await chown(workspace, user.uid, user.gid);
  await writeFile(transcript, "what the agent says\n");
  const open = () => openSessions({ dir: join(dir, "tmux"), hostId: HOST_ID });
  const opened: Sessions[] = [await open()];
  const tmux = async (...words: string[]) => {
    const args = ["-S", join(dir, "tmux", `orch-${HOST_ID}`), ...words];
    return (await runProgram({ file: "tmux", args, env: { PATH: "/usr/bin:/bin" }, timeoutMs: 10_000 })).stdout;
  };
  const serverPid = async () => Number(await tmux("display-message", "-p", "#{pid}"));
  const marks = new Set<string>();
  const run = `run-${dir.slice(-6).toLowerCase()}`;
  return {
    dir,
    users,
    driver,
    network,
    workspace,
    transcript,
    sessions: opened[0] as Sessions,
    output: (name) => readFile(join(dir, name, "stdout"), "utf8"),
    async step(name, script, { outlet, caps, ...more } = {}) {
      const folder = join(dir, name);
      await mkdir(folder, { mode: 0o700 });
      const env = { PATH: "/usr/bin:/bin", HOME: workspace, [RUN_VARIABLE]: run, ...more.env };
      marks.add(env[RUN_VARIABLE] ?? run);
      const confinement = {
        user,
        cwd: workspace,
        env,
        mounts: [{ source: workspace, writable: true }],
        ...(outlet && { outlet }),
        ...(caps && { caps }),
      };
      const command = driver.wrap(confinement, latched(["/bin/sh", "-c", script]));
      return { dir: folder, command, transcript, user, endAfterMs: 600_000, ...more, env };
    },
    async reopen() {
      const again = await open();
      opened.push(again);
      return again;
    },
    tmux,
    serverPid,
    async close() {
      const sessions = await open();
      for (const name of await sessions.list()) await sessions.kill(name);
      // A step whose session went with its server is not on the list.
      for (const mark of marks) await endMarked({ run: mark });
      const pid = await serverPid();
      for (const each of [...opened, sessions]) await each.close();
      signal(pid, "SIGKILL");
      network?.release();
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export const isGone = (pid: number): boolean => readProcess(pid) === undefined;
