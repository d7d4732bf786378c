/**
 * The proxy's process as its host sees it: whether the one that runs is ours, how another is started, and how one that hangs is
 * ended.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Logger } from "../../src/log.ts";
import { VERSION } from "../../src/task/version.ts";
import { readProcess, signal } from "../sandbox/processes.ts";
import { ask } from "./ask-proxy.ts";
import { makeFolders } from "./outlet-folders.ts";
import { readUntrusted } from "./read-untrusted.ts";

const START_MS = 15_000;

/**
 * It holds little and lives long; the allocator's arenas for threads would cost more than its heap. The heap may grow all the
 * same: a proxy that ran out of memory for one sandbox's connections would cut those of all others.
 */
const FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=256", "--optimize-for-size"];
const SMALL = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "32768", UV_THREADPOOL_SIZE: "128" };

/** The source while developing, the built file where Orch was built: this file's own ending tells which. */
const PROGRAM = fileURLToPath(new URL(`main.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url));

/** All of ours that the proxy judges by. */
const CODE = [".", "../../src/reach/"].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));

/** Of the proxy's code: one that was started from other code is not kept. */
export function identityOf(uid: number | undefined): string {
  const hash = createHash("sha256").update(`${process.version} ${VERSION} ${uid}`);
  for (const folder of CODE) {
    for (const name of readdirSync(folder)) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** Whether the proxy that runs is of our code. Any other is asked to retire, and ended when it does not answer. */
export async function isOurs(dir: string, identity: string, log: Logger): Promise<boolean> {
  try {
    const reply = await ask(dir, "GET", "outlets");
    if (reply.identity === identity) return true;
    await ask(dir, "POST", "retire");
    log.info("the network proxy is of another version: it keeps what is connected, a new one takes over");
  } catch (error) {
    if (!["ENOENT", "ECONNREFUSED"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      log.warn({ err: error }, "the network proxy does not answer: ending it");
      endByPid(dir);
    }
  }
  return false;
}

const pidFile = (dir: string) => join(dir, "pid");

function endByPid(dir: string): void {
  const [pid, start] = readUntrusted(pidFile(dir)).trim().split(" ");
  if (start && readProcess(Number(pid))?.start === start) signal(Number(pid), "SIGKILL");
}

export async function startProxy(
  dir: string,
  identity: string,
  uid: number | undefined,
  withinMs = START_MS,
): Promise<void> {
  makeFolders(dir, uid); // somebody may have taken them away meanwhile
  const errors = openSync(join(dir, "proxy.log"), "w", 0o600);
  const args = [...FLAGS, PROGRAM, dir, identity, ...(uid === undefined ? [] : [String(uid)])];
  const cache = process.env.NODE_COMPILE_CACHE;
  const env = { PATH: "/usr/bin:/bin", ...SMALL, ...(cache ? { NODE_COMPILE_CACHE: cache } : {}) };
  // Of its own session: it goes on when this process, or the terminal, has gone.
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", errors], env });
  closeSync(errors);
  const said = child.stdout as Readable;
  const late = AbortSignal.timeout(withinMs);
  try {
    const gone = once(child, "exit", { signal: late }).then(() => {
      throw new Error(`the network proxy ended at once: ${readUntrusted(join(dir, "proxy.log")).trim().slice(-1_000)}`);
    });
    await Promise.race([once(said, "data"), gone]);
  } catch (error) {
    child.kill("SIGKILL");
    throw late.aborted ? new Error(`the network proxy does not come up within ${withinMs / 1_000} s`) : error;
  }
  writeFileSync(pidFile(dir), `${child.pid} ${readProcess(child.pid ?? 0)?.start ?? ""}\n`, { mode: 0o600 });
  said.destroy();
  child.unref();
}
