/**
 * A Redis of our own for one machine: a child process with AOF and without eviction, right by construction. It listens
 * on a unix socket in a private folder only, so that nothing in an agent's sandbox can reach it. It holds a lock on that
 * folder for as long as it lives: two servers that write one AOF would lose tasks.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { MAX_SOCKET_PATH } from "../src/task/socket-path.ts";
import { LOCK_TAKEN, lockedCommand } from "../workers/host-lock.ts";
import { findProgram, SEARCH_PATH } from "../workers/sandbox/find-program.ts";
import { dependentProgram } from "./dependent-program.ts";

export type EmbeddedRedis = { url: string; pid: number; ended: Promise<void>; stop(): Promise<void> };

/** Loading a large AOF takes a while. */
const READY_MS = 60_000;
const LOOK_MS = 20;
const STOP_MS = 10_000;
/** One whose starter was killed a moment ago is about to end. */
const PREDECESSOR_S = 5;

/** Somebody else's Redis lives in this data folder: there is nothing to start. */
export class AlreadyRunningError extends Error {
  constructor(dataDir: string) {
    super(
      `Orch is already running here (data folder ${dataDir}). Stop it first, or give this one its own ORCH_DATA and PORT.`,
    );
    this.name = "AlreadyRunningError";
  }
}

type Server = ChildProcessByStdio<null, Readable, null>;

/** Throws AlreadyRunningError, or an Error that names the next step. */
export async function startEmbeddedRedis(dataDir: string): Promise<EmbeddedRedis> {
  const dir = join(dataDir, "redis");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  const socket = join(dir, "redis.sock");
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH) {
    throw new Error(`The data folder's path is too long for a socket (${socket}): choose a shorter ORCH_DATA`);
  }
  const child = await spawnServer(dir, configuration(dir, socket));
  const exit = once(child, "exit") as Promise<[number | null]>;
  const tooSoon = endedTooSoon(exit, dataDir);
  const url = `unix://${socket}`;
  // Before it has the lock, somebody else's Redis may answer at the very same socket.
  await Promise.race([once(child.stdout, "data"), tooSoon]);
  await Promise.race([untilItAnswers(socket), tooSoon]);
  const ended = exit.then(() => undefined);
  return { url, pid: child.pid ?? 0, ended, stop: () => stop(child, ended) };
}

/** The server's process, which says a word on its standard output as soon as it has the lock. */
async function spawnServer(dir: string, settings: string): Promise<Server> {
  const server = await findProgram("redis-server", `${process.env.PATH}:${SEARCH_PATH}`);
  if (!server) throw new Error("redis-server is not installed: install the package redis-server, or set REDIS_URL");
  const file = join(dir, "redis.conf");
  writeFileSync(file, settings, { mode: 0o600 });
  const sayHeld = ["sh", "-c", 'echo held; exec "$@" >/dev/null', "sh", server, file];
  const program = dependentProgram(lockedCommand(join(dir, "lock"), PREDECESSOR_S, sayHeld));
  // Away from the terminal, whose Ctrl-C would end it before those who still write to it.
  const options = { detached: true, env: { PATH: SEARCH_PATH } };
  return spawn(program.file, program.args, { ...options, stdio: ["ignore", "pipe", "inherit"] });
}

function configuration(dir: string, socket: string): string {
  const lines = {
    port: "0",
    unixsocket: `"${socket}"`,
    unixsocketperm: "600",
    dir: `"${dir}"`,
    logfile: `"${join(dir, "redis.log")}"`,
    appendonly: "yes",
    // A crash of Redis loses nothing either way (measured); `always` also covers a power cut, at a rate Orch never reaches.
    appendfsync: "always",
    save: '""',
    "maxmemory-policy": "noeviction",
    // Housekeeping once a second instead of ten times: an idle Orch leaves the machine alone.
    hz: "1",
  };
  return `${Object.entries(lines)
    .map(([name, value]) => `${name} ${value}`)
    .join("\n")}\n`;
}

/**
 * Until it has loaded its data. One word of its protocol, without a client: that would stay in memory (measured: 14 MB) for
 * as long as Orch runs.
 */
async function untilItAnswers(socket: string): Promise<void> {
  for (const giveUpAt = performance.now() + READY_MS; !(await isReady(socket)); await delay(LOOK_MS))
    if (performance.now() > giveUpAt) throw new Error(`Redis does not answer within a minute at ${socket}`);
}

/** False while it loads (`-LOADING`), and while the socket is not there yet. */
async function isReady(socket: string): Promise<boolean> {
  const connection = connect(socket);
  connection.setTimeout(LOOK_MS * 100, () => connection.destroy(new Error("no answer")));
  connection.end("PING\r\n");
  const answer: string[] = [];
  try {
    for await (const chunk of connection.setEncoding("latin1")) answer.push(chunk);
  } catch {
    return false; // asked again
  }
  return answer.join("").startsWith("+PONG");
}

/** Never resolves. `exit` rejects when the program could not be started at all. */
async function endedTooSoon(exit: Promise<[number | null]>, dataDir: string): Promise<never> {
  const [code] = await exit;
  if (code === LOCK_TAKEN) throw new AlreadyRunningError(dataDir);
  throw new Error(
    `redis-server ended at once with code ${code}; its reason stands above or in ${join(dataDir, "redis", "redis.log")}`,
  );
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}
