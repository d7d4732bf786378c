/**
 * Who this host is, and that it is only once here. The id is made once and kept; the lock is the kernel's (`flock`), so
 * that it is free the moment its holder dies, however it dies: no stale lock file delays a restart.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type HostIdentity = { id: string; release(): void };

/** Makes the host's folders, reads or makes its id and takes its lock. Throws when another host process holds it. */
export async function claimIdentity(hostDir: string): Promise<HostIdentity> {
  // 0711: slot users pass through to their own workspace, and can list nothing.
  mkdirSync(hostDir, { recursive: true, mode: 0o711 });
  chmodSync(hostDir, 0o711);
  const release = await lock(join(hostDir, "lock"));
  return { id: readOrMakeId(join(hostDir, "id")), release };
}

function readOrMakeId(path: string): string {
  if (existsSync(path)) {
    const id = readFileSync(path, "utf8").trim();
    if (/^h[0-9a-f]{8}$/.test(id)) return id;
  }
  const id = `h${randomBytes(4).toString("hex")}`;
  writeFileSync(`${path}.new`, `${id}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return id;
}

/**
 * `flock` has no binding in Node, so a child holds the lock and ends when our end of its standard input closes, which
 * the kernel does for us whenever and however this process ends.
 */
async function lock(path: string): Promise<() => void> {
  const holder = spawn("flock", ["--nonblock", "--conflict-exit-code", "9", path, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  holder.once("error", (error) =>
    reject(new Error("The program flock (package util-linux) could not be started", { cause: error })),
  );
  holder.once("exit", (code) =>
    reject(
      new Error(
        code === 9
          ? `Another worker host is running with the same data folder (${path}). Stop it, or give this one its own ORCH_DATA.`
          : `Could not lock ${path}: flock ended with ${code}`,
      ),
    ),
  );
  holder.stdout.once("data", () => resolve());
  await promise;
  holder.removeAllListeners("exit");
  holder.unref();
  for (const stream of [holder.stdin, holder.stdout]) (stream as unknown as { unref(): void }).unref();
  return () => holder.stdin.end();
}
