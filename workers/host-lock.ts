/**
 * Locks of the kernel (`flock`): free the moment their holder dies, however it dies, so that no stale lock file delays a
 * restart. `flock` has no binding in Node, so a program started through it holds the lock.
 */
import { spawn } from "node:child_process";

/** A program of `lockedCommand` that ends with this never ran: somebody else holds the lock. */
export const LOCK_TAKEN = 9;

/**
 * The command that runs `command` for as long as it holds the lock on the file `path`. flock becomes the command
 * (same process id), and what that forks holds the lock as well: it is free when the last of them has ended.
 * `waitSeconds`: how long another holder is given to end.
 */
export function lockedCommand(path: string, waitSeconds: number, command: readonly string[]): string[] {
  return [
    "flock",
    "--no-fork",
    "-w",
    String(waitSeconds),
    "--conflict-exit-code",
    String(LOCK_TAKEN),
    path,
    ...command,
  ];
}

/** `lost`: resolves when the lock is gone although this process is not, or when it was released. */
export type HeldLock = { lost: Promise<void>; release(): Promise<void> };

/**
 * Takes the lock on the file `path` for this process; throws an Error with `takenMessage` when somebody else holds it. The
 * child that holds it ends when our end of its standard input closes, which the kernel does for us whenever and however this
 * process ends; nothing that a terminal sends to all of its programs reaches it.
 */
export async function holdLock(path: string, takenMessage: string): Promise<HeldLock> {
  const [file = "", ...args] = lockedCommand(path, 0, ["sh", "-c", "echo held; exec cat"]);
  const holder = spawn(file, args, {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  holder.once("error", (error) =>
    reject(new Error("The program flock (package util-linux) could not be started", { cause: error })),
  );
  holder.once("exit", (code) =>
    reject(new Error(code === LOCK_TAKEN ? takenMessage : `Could not lock ${path}: flock ended with ${code}`)),
  );
  holder.stdout.once("data", () => resolve());
  await promise;
  holder.removeAllListeners("exit");
  const lost = Promise.withResolvers<void>();
  holder.once("exit", () => lost.resolve());
  holder.unref();
  for (const stream of [holder.stdin, holder.stdout]) (stream as unknown as { unref(): void }).unref();
  const release = () => {
    holder.ref(); // whoever waits for that is not to end before
    holder.stdin.end();
    return lost.promise;
  };
  return { lost: lost.promise, release };
}
