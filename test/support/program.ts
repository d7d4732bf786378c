/** One of Orch's programs as a real process, to be killed and started again in the middle of things. */
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";

export type Program = {
  pid(): number;
  /** SIGKILL: it gets no chance to say goodbye. */
  kill(): Promise<void>;
  /** SIGTERM, or another signal; resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  start(): Promise<void>;
  isRunning(): boolean;
  /** Resolves when the present life is over, however it ends. */
  ended(): Promise<void>;
  /** Everything it has logged, over all its lives. */
  log(): string;
  /** Resolves when the log of the present life has a line that matches. */
  logged(pattern: RegExp): Promise<string>;
};

/** Starts `file` by this Node and waits for `ready` in its output. A program that ends instead is an error with its log. */
export async function startProgram(
  file: string,
  env: Record<string, string>,
  ready: RegExp,
  args: readonly string[] = [],
): Promise<Program> {
  let child: ChildProcess;
  let life = "";
  let all = "";
  const heard = new EventEmitter().setMaxListeners(100);

  async function start(): Promise<void> {
    life = "";
    child = spawn(process.execPath, [file, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        life += chunk.toString();
        all += chunk.toString();
        heard.emit("more");
      });
    }
    await logged(ready);
  }

  async function logged(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = life.split("\n").find((line) => pattern.test(line));
      if (found) return found;
      if (!isRunning()) throw new Error(`${file} ended before it logged ${pattern}:\n${life.slice(-4_000)}`);
      const watched = child;
      const waiting = new AbortController();
      const { signal } = waiting;
      await Promise.race([once(heard, "more", { signal }), once(watched, "exit", { signal })]).finally(() =>
        waiting.abort(),
      );
    }
  }

  const isRunning = () => child.exitCode === null && child.signalCode === null;

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (isRunning()) {
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
    }
    return child.exitCode;
  }

  await start();
  return {
    pid: () => child.pid ?? 0,
    kill: async () => void (await end("SIGKILL")),
    stop: (signal = "SIGTERM") => end(signal),
    start,
    isRunning,
    ended: async () => {
      if (isRunning()) await once(child, "exit");
    },
    log: () => all,
    logged,
  };
}
