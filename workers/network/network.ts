/**
 * The worker host's side of the network proxy: sees to it that one runs, tells it which sandbox may go where, and reads what
 * came of it. A proxy that an earlier life of this host started is kept, with all that is connected through it; one of
 * other code than ours hands its sockets over and ends when its last connection does.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { ConfigError } from "../../src/config.ts";
import type { Logger } from "../../src/log.ts";
import { VERSION } from "../../src/task/version.ts";
import { request as httpRequest } from "../node-http.ts";
import type { SlotUser } from "../sandbox/confinement.ts";
import { readProcess, signal } from "../sandbox/processes.ts";
import { CONTROL_DIR, CONTROL_SOCKET, COUNTS_PATTERN, isOutletId, OUTLETS_DIR, outletFiles } from "./outlet-files.ts";
import type { Policy } from "./policy.ts";

/** What came of an outlet: bytes in both directions, connections that were blocked, and the first different places of these. */
export type OutletReport = { bytes: number; blocked: number; places: BlockedPlace[] };
export type BlockedPlace = z.output<typeof blockedSchema>;

export type Network = {
  /** The folder that the outlet's sandbox mounts, whether or not it is there. */
  mountPoint(id: string): string;
  /** Makes the outlet's folders and gives the one to mount. Nothing listens there yet. Again is fine. */
  place(id: string, user: SlotUser): string;
  /** Whether the outlet has been placed, by this life of the host or an earlier one, and not closed since. */
  isPlaced(id: string): boolean;
  /** Has the proxy listen there, or go by another policy from now on. `forMs`: no sandbox outlives that. */
  open(id: string, policy: Policy, forMs: number): Promise<void>;
  /** What has come of it so far. */
  report(id: string): OutletReport;
  /** The file that changes when another place is blocked; there once the outlet is open. */
  blockedFile(id: string): string;
  /** Ends what is connected, says what came of it and removes the folders. Fine when there is none. */
  close(id: string): Promise<OutletReport>;
  /** Closes every outlet but these. */
  closeOthers(ids: ReadonlySet<string>): Promise<void>;
  /** Stops looking after the proxy. It goes on for as long as there are outlets. */
  release(): void;
};

export type NetworkOptions = {
  /** Created; slot users must be able to pass the folders above it. */
  dir: string;
  /** Who the proxy runs as where the host is root. */
  uid?: number | undefined;
  log: Logger;
  /** By default of the proxy's code and user: a proxy that was started from other code, or as another user, is replaced. */
  identity?: string;
};

export const blockedSchema = z.object({
  host: z.string().max(300),
  port: z.number().int().min(0).max(65_535),
  why: z.string().max(500),
});
const countSchema = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER);
const countsSchema = z.object({ bytes: countSchema, blocked: countSchema });
const replySchema = z.object({ identity: z.string(), outlets: z.array(z.string()) });

/** One that does not answer within this hangs, ms. */
const ANSWER_MS = 5_000;
const START_MS = 15_000;
/** For how long an outlet is asked for while the proxy is being started anew, ms. */
const OPEN_WITHIN_MS = 20_000;
const RESTART_MS = 200;
const MAX_FILE_BYTES = 256 * 1024;
/** More than a proxy of ours leaves behind. */
const [MAX_COUNTS, MAX_PLACES] = [1_000, 50];

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

/** There is no proxy, so nothing may be started that would go out through it. Trying again may help. */
export class NetworkError extends Error {
  override name = "NetworkError";
}

/** Of a unix socket's address on Linux, unix(7): 108 bytes with the closing NUL. */
const MAX_SOCKET_PATH = 107;

/** @throws {NetworkError} when no proxy can be started @throws {ConfigError} when the folder's path is too long for its socket */
export async function openNetwork({ dir, uid, log, identity = identityOf(uid) }: NetworkOptions): Promise<Network> {
  const control = join(dir, CONTROL_SOCKET);
  if (Buffer.byteLength(control) > MAX_SOCKET_PATH)
    throw new ConfigError([`ORCH_DATA is too long: ${control} is no path for a socket. Choose a shorter one`]);
  let released = false;
  /** What was said last of each outlet. The proxy has it in a file, so it need not be said again when one is started anew. */
  const said = new Map<string, string>();
  let watching: { end(): void; ended: Promise<void> } | undefined;

  const ensure = async (): Promise<void> => {
    if (!(await isOurs(dir, identity, log))) await start(dir, identity, uid);
    watching = await watch(dir);
    void watching.ended.then(() => {
      if (!released) void restart();
    });
  };
  const restart = async () => {
    log.warn("the network proxy has ended: starting another; agents are without a network for a moment");
    for (let pause = RESTART_MS; !released; pause = Math.min(pause * 2, 5_000)) {
      try {
        return await ensure();
      } catch (error) {
        log.error({ err: error }, "the network proxy cannot be started; trying again");
        await delay(pause);
      }
    }
  };
  await ensure().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NetworkError(`The network proxy cannot be started: ${reason}`, { cause: error });
  });

  const close = async (id: string): Promise<OutletReport> => {
    said.delete(id);
    // Without a proxy nothing is connected either.
    await ask(dir, "DELETE", id).catch((error: unknown) => log.debug({ err: error, outlet: id }, "outlet not closed"));
    const report = reportOf(dir, id);
    rmSync(outletFiles(dir, id).dir, { recursive: true, force: true });
    return report;
  };
  return {
    mountPoint: (id) => outletFiles(dir, id).out,
    place: (id, user) => place(dir, id, uid, user),
    isPlaced: (id) => existsSync(outletFiles(dir, id).out),
    async open(id, policy, forMs) {
      if (said.get(id) === JSON.stringify(policy)) return;
      const spec = { policy, until: Date.now() + forMs };
      for (const giveUpAt = performance.now() + OPEN_WITHIN_MS; ; await delay(50)) {
        try {
          await ask(dir, "PUT", id, spec);
          return void said.set(id, JSON.stringify(policy));
        } catch (error) {
          // A proxy that is being started anew does not answer; one that has answered would answer the same again.
          if (error instanceof ProxyRefused) throw error;
          if (performance.now() > giveUpAt) throw new Error("The network proxy does not answer", { cause: error });
        }
      }
    },
    report: (id) => reportOf(dir, id),
    blockedFile: (id) => outletFiles(dir, id).blocked,
    close,
    async closeOthers(ids) {
      const others = readdirSync(join(dir, OUTLETS_DIR)).filter((id) => isOutletId(id) && !ids.has(id));
      await Promise.all(others.map(close));
    },
    release() {
      released = true;
      watching?.end();
    },
  };
}

/** The proxy's user may write in folders that lead nowhere else; the others are ours, and slot users pass through them. */
function makeFolders(dir: string, uid: number | undefined): void {
  const outlets = join(dir, OUTLETS_DIR);
  for (const path of [dir, outlets]) {
    mkdirSync(path, { recursive: true, mode: 0o711 });
    chmodSync(path, 0o711);
  }
  // The proxy, by its group, may list the outlets.
  if (uid !== undefined) chownSync(outlets, process.getuid?.() ?? 0, uid);
  chmodSync(outlets, 0o751);
  makeLeaf(join(dir, CONTROL_DIR), 0o700, uid, uid);
  if (uid !== undefined) for (const id of readdirSync(outlets).filter(isOutletId)) handOver(dir, id, uid);
}

/** What an earlier proxy has left may be another user's. Of a link only itself is given away (lchown). */
function handOver(dir: string, id: string, uid: number): void {
  const { out, state } = outletFiles(dir, id);
  for (const path of [out, state]) if (existsSync(path)) lchownSync(path, uid, lstatSync(path).gid);
  for (const name of namesIn(state)) lchownSync(join(state, name), uid, uid);
}

function makeLeaf(path: string, mode: number, uid?: number, gid?: number): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  chmodSync(path, mode);
}

/** Only the slot's user, by the folder's group, and the proxy get to the socket; the group is passed on to it (setgid). */
function place(network: string, id: string, uid: number | undefined, { gid }: SlotUser): string {
  if (!isOutletId(id)) throw new Error(`not the id of an outlet: ${id}`);
  const { dir, out, state } = outletFiles(network, id);
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  chmodSync(dir, 0o711);
  makeLeaf(state, 0o700, uid, uid);
  makeLeaf(out, uid === undefined ? 0o700 : 0o2710, uid, gid);
  return out;
}

/** Of the proxy's code: one that was started from other code is not kept. */
function identityOf(uid: number | undefined): string {
  const hash = createHash("sha256").update(`${process.version} ${VERSION} ${uid}`);
  for (const folder of CODE) {
    for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** Whether the proxy that runs is of our code. Any other is asked to retire, and ended when it does not answer. */
async function isOurs(dir: string, identity: string, log: Logger): Promise<boolean> {
  try {
    const reply = await ask(dir, "GET");
    if (reply.identity === identity) return true;
    await ask(dir, "POST", "", undefined, "retire");
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
  const [pid, start] = readBounded(pidFile(dir)).trim().split(" ");
  if (pid && start && readProcess(Number(pid))?.start === start) signal(Number(pid), "SIGKILL");
}

async function start(dir: string, identity: string, uid: number | undefined): Promise<void> {
  makeFolders(dir, uid); // somebody may have taken them away meanwhile
  const errors = openSync(join(dir, "proxy.log"), "w", 0o600);
  const args = [...FLAGS, PROGRAM, dir, identity, ...(uid === undefined ? [] : [String(uid)])];
  const cache = process.env.NODE_COMPILE_CACHE;
  const env = { PATH: "/usr/bin:/bin", ...SMALL, ...(cache ? { NODE_COMPILE_CACHE: cache } : {}) };
  // Of its own session: it goes on when this process, or the terminal, has gone.
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", errors], env, cwd: "/" });
  closeSync(errors);
  const said = child.stdout as Readable;
  const late = AbortSignal.timeout(START_MS);
  try {
    const gone = once(child, "exit", { signal: late }).then(() => {
      throw new Error(`the network proxy ended at once: ${readBounded(join(dir, "proxy.log")).trim().slice(-1_000)}`);
    });
    await Promise.race([once(said, "data", { signal: late }), gone]);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  writeFileSync(pidFile(dir), `${child.pid} ${readProcess(child.pid ?? 0)?.start ?? ""}\n`, { mode: 0o600 });
  said.destroy();
  child.unref();
}

/** The proxy answered, and it cannot do what it was asked for. */
class ProxyRefused extends Error {
  override name = "ProxyRefused";
}

/** Asks the proxy; what it answers is its identity and its outlets. */
async function ask(
  dir: string,
  method: string,
  id = "",
  body?: object,
  what = "outlets",
): Promise<z.output<typeof replySchema>> {
  const path = id === "" ? `/${what}` : `/${what}/${id}`;
  const request = httpRequest({
    socketPath: join(dir, CONTROL_SOCKET),
    method,
    path,
    agent: false,
    timeout: ANSWER_MS,
  });
  request.once("timeout", () => request.destroy(new Error(`no answer within ${ANSWER_MS / 1_000} s`)));
  request.end(body && JSON.stringify(body));
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const text = await textOf(response);
  if (response.statusCode !== 200) throw new ProxyRefused(`the network proxy answers ${response.statusCode}: ${text}`);
  return replySchema.parse(JSON.parse(text));
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    text += chunk;
    if (text.length > MAX_FILE_BYTES) throw new Error("it says too much");
  }
  return text;
}

/** A request whose answer never ends: it breaks off the moment that the proxy goes. */
async function watch(dir: string): Promise<{ end(): void; ended: Promise<void> }> {
  const request = httpRequest({ socketPath: join(dir, CONTROL_SOCKET), path: "/watch", agent: false });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  // What breaks it off shows as its close.
  for (const each of [request, response]) each.on("error", () => {});
  response.socket.unref();
  return { end: () => request.destroy(), ended: new Promise((resolve) => response.once("close", () => resolve())) };
}

/** The files are the proxy's, which reads what agents send: they are parsed and bounded like any other input. */
function reportOf(dir: string, id: string): OutletReport {
  const { state, blocked } = outletFiles(dir, id);
  const names = namesIn(state)
    .filter((name) => COUNTS_PATTERN.test(name))
    .slice(0, MAX_COUNTS);
  const counts = names.flatMap((name) => parsed(countsSchema, readBounded(join(state, name))));
  const sum = (of: "bytes" | "blocked") => counts.reduce((total, each) => total + each[of], 0);
  const places = readBounded(blocked)
    .split("\n")
    .flatMap((line) => parsed(blockedSchema, line))
    .slice(0, MAX_PLACES);
  return { bytes: sum("bytes"), blocked: Math.max(sum("blocked"), places.length), places };
}

function parsed<T extends z.ZodType>(schema: T, text: string): z.output<T>[] {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? [result.data] : [];
  } catch {
    return []; // not JSON: an empty file, or one that was being written when the proxy was killed
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Empty where there is no such file, or something else in its place; no link is followed out of the proxy's folder. */
function readBounded(path: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (["ENOENT", "ELOOP", "ENXIO"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
  try {
    if (!fstatSync(file).isFile()) return ""; // a FIFO can be waited for, a folder not be read
    const buffer = Buffer.alloc(MAX_FILE_BYTES);
    return buffer.toString("utf8", 0, readSync(file, buffer, 0, MAX_FILE_BYTES, 0));
  } finally {
    closeSync(file);
  }
}
