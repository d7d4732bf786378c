/**
 * The yardstick of a start: one shell that makes a worktree of the same commit on the same file system and starts the same
 * program in a new tmux session. No webhook, no permission, no queue, no fetch, no sandbox; its tmux server runs already.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readStamp, stampScript } from "./stamp.ts";

export type Raw = {
  /** Milliseconds from starting the shell to the program's first action. */
  start(): Promise<number>;
  stop(): void;
};

/**
 * `mirror`: a bare repository; it is copied, so that nothing is left behind in it. `before`: what the program is started
 * with, for a shell.
 */
export function openRaw(dir: string, mirror: string, before = ""): Raw {
  mkdirSync(dir, { recursive: true });
  const repository = join(dir, "repository.git");
  const env = { PATH: process.env.PATH ?? "", HOME: "/nonexistent", GIT_CONFIG_GLOBAL: "/dev/null", TERM: "dumb" };
  const run = (file: string, args: string[]) => execFileSync(file, args, { env, encoding: "utf8" }).trim();
  run("cp", ["-a", mirror, repository]);
  const [ref] = run("git", [`--git-dir=${repository}`, "for-each-ref", "--format=%(objectname)"]).split("\n");
  if (!ref) throw new Error(`${mirror} has no branch`);
  const socket = join(dir, "tmux");
  run("tmux", ["-S", socket, "-f", "/dev/null", "new-session", "-d", "-s", "idle", "sleep infinity"]);
  let last = 0;

  async function start(): Promise<number> {
    const name = `raw-${++last}`;
    const [tree, stamp] = [join(dir, name), join(dir, `${name}.stamp`)];
    const script = `git --git-dir='${repository}' worktree add --quiet --no-track -b ${name} '${tree}' ${ref} && tmux -S '${socket}' new-session -d -s ${name} -c '${tree}' sh -c '${before} sh -c "${stampScript}" >${stamp}'`;
    const at = Date.now();
    const shell = spawn("sh", ["-c", script], { env, stdio: ["ignore", "ignore", "inherit"] });
    const [code] = await once(shell, "exit");
    if (code !== 0) throw new Error(`the shell ended with code ${code}`);
    // Nothing is removed in between, on neither side: a file system is faster with what was freed a moment ago.
    return (await readStamp(stamp)) - at;
  }
  const stop = () => {
    run("tmux", ["-S", socket, "kill-server"]);
    for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true, force: true });
  };
  return { start, stop };
}
