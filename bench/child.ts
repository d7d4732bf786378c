/**
 * Programs of a benchmark as processes of their own, so that none pays for another: started on chosen cores where the
 * machine has taskset, asked by messages, ended by their id.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";

/** A question to a child and its answer. */
export type Question = { id: number; name: string; value: unknown };
export type Answer = { id: number; value?: unknown; error?: string };

export type Child = {
  pid: number;
  /** Asks one of the child's `deeds`. */
  ask(name: string, value?: unknown): Promise<unknown>;
  stop(): Promise<void>;
};

/** The measured server has the first core for itself; who asks it and Redis share the second. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;

/** False on one core, and where taskset is missing: then the kernel places the programs, and figures vary more. */
export function canPin(): boolean {
  try {
    execFileSync("taskset", ["-c", String(CLIENT_CORE), "true"], { stdio: "ignore" });
    return availableParallelism() > 1;
  } catch {
    return false;
  }
}

/** The command as it runs on one core only. */
export function pinned(core: number | undefined, command: readonly string[]): [string, ...string[]] {
  const [file = "", ...args] = command;
  return core === undefined || !canPin() ? [file, ...args] : ["taskset", "-c", String(core), file, ...args];
}

/** Starts a file of ours that calls `serveQuestions`. Its standard output is thrown away. */
export function startChild(file: URL, options: { core?: number; env?: Record<string, string> } = {}): Child {
  const [program, ...args] = pinned(options.core, [process.execPath, file.pathname]);
  const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", TMPDIR: process.env.TMPDIR ?? "/tmp", ...options.env };
  const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  child.on("message", ({ id, value, error }: Answer) => {
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  child.on("exit", (code) => {
    for (const each of waiting.values()) each.reject(new Error(`${file.pathname} ended with code ${code}`));
  });
  return {
    pid: child.pid ?? 0,
    ask(name, value) {
      const answer = Promise.withResolvers<unknown>();
      waiting.set(++last, answer);
      child.send({ id: last, name, value } satisfies Question);
      return answer.promise;
    },
    stop: () => endProcess(child, "SIGTERM"),
  };
}

/** The child's side: answers until the parent goes. */
export function serveQuestions(deeds: Record<string, (value: never) => unknown>): void {
  process.on("message", async ({ id, name, value }: Question) => {
    const deed = deeds[name] as ((value: unknown) => unknown) | undefined;
    let answer: Answer;
    try {
      if (!deed) throw new Error(`there is no deed ${name}`);
      answer = { id, value: await deed(value) };
    } catch (error) {
      answer = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.send?.(answer);
  });
  process.once("disconnect", () => process.exit(0));
}

export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(timer);
}
