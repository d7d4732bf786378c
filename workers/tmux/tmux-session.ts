/**
 * Sessions as tmux sees them: make, name, close. No text of a user's is ever among the words, only names and paths that
 * the host made. `=` before a name: without it tmux takes `t1` for `t10`.
 */
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { descendants, readProcess, signal } from "../sandbox/processes.ts";
import { TmuxError } from "./control-client.ts";
import { IDLE_SESSION, type TmuxServer } from "./server.ts";

const WRAPPER = fileURLToPath(new URL("step.sh", import.meta.url));
/** How long the session of the step before may take to go; tmux closes it a moment after its wrapper ended. */
const CLOSING_MS = 5_000;
/** How long killed processes may take to be gone. */
const GONE_MS = 10_000;

/** @throws {TmuxError} for what tmux would rename (`.`, `:`) or could take for something else */
export function checkName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(name) && name !== IDLE_SESSION) return name;
  throw new TmuxError(`not a name for a session: ${JSON.stringify(name)} (a-z, 0-9 and -, at most 64)`);
}

/**
 * Starts the wrapper of a step as the process of a new session's only pane. `endAfterMs`: then the wrapper is killed, and
 * its program with it, whether or not there still is a host. `isUp`: whether the wrapper has said that it runs, which
 * counts more than what tmux answers.
 */
export async function newSession(
  server: TmuxServer,
  session: string,
  { words, endAfterMs }: { words: string[]; endAfterMs: number },
  isUp: () => boolean,
): Promise<void> {
  // In the foreground: it ends the wrapper alone, which must be free to read the terminal.
  const limit = ["timeout", "--foreground", "--signal=KILL", String(Math.ceil(endAfterMs / 1_000))];
  const command = ["env", "-i", ...limit, "sh", WRAPPER, ...words];
  const request = ["new-session", "-d", "-s", session, "-c", "/", ...command];
  for (const deadline = performance.now() + CLOSING_MS; ; await delay(10)) {
    try {
      await server.command(request);
      return;
    } catch (error) {
      if (isUp()) return;
      const closing = error instanceof TmuxError && error.message.includes("duplicate session");
      if (!closing || performance.now() > deadline) throw error;
    }
  }
}

export async function sessionNames(server: TmuxServer): Promise<string[]> {
  const names = await server.command(["list-sessions", "-F", "#{session_name}"]);
  return names.filter((name) => name !== IDLE_SESSION);
}

/** Kills everything that runs in a session, then closes it. Resolves when the processes are gone. */
export async function endSession(server: TmuxServer, session: string): Promise<void> {
  // With the colon: here tmux 3.3 takes `=t1` for a window's name, does not find it, and answers for `t10` instead.
  const listing = ["list-panes", "-s", "-t", `=${session}:`, "-F", "#{pane_pid}"];
  const panes = await unlessMissing(server.command(listing));
  const roots = panes.map(Number);
  const all = [...roots.flatMap((pid) => descendants(pid).map((process) => process.pid)), ...roots];
  for (const pid of all) signal(pid, "SIGKILL");
  for (const deadline = performance.now() + GONE_MS; all.some(readProcess); await delay(5)) {
    if (performance.now() > deadline)
      throw new TmuxError(`processes of session ${session} do not end: ${all.join(" ")}`);
  }
  await unlessMissing(server.command(["kill-session", "-t", `=${session}`]));
}

/** A session that is not there is what was wanted. */
export async function unlessMissing(answer: Promise<string[]>): Promise<string[]> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TmuxError && /can't find|no such/.test(error.message)) return [];
    throw error;
  }
}
