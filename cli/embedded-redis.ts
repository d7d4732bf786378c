/**
 * A Redis of our own for one machine: a child process with AOF and without eviction, right by construction. It listens
 * on a unix socket in a private folder only, so that nothing in an agent's sandbox can reach it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";

export type EmbeddedRedis = { url: string; pid: number; ended: Promise<void>; stop(): Promise<void> };

/** The kernel's limit for the path of a unix socket, with its final NUL. */
const SOCKET_PATH_LIMIT = 108;
/** Loading a large AOF takes a while. */
const READY_MS = 60_000;
const STOP_MS = 10_000;

export async function startEmbeddedRedis(dataDir: string): Promise<EmbeddedRedis> {
  const dir = join(dataDir, "redis");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  const socket = join(dir, "redis.sock");
  if (Buffer.byteLength(socket) >= SOCKET_PATH_LIMIT) {
    throw new Error(`The data folder's path is too long for a socket (${socket}): choose a shorter ORCH_DATA`);
  }
  const file = join(dir, "redis.conf");
  writeFileSync(file, configuration(dir, socket), { mode: 0o600 });
  const child = spawn("redis-server", [file], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  const failed = once(child, "error").then(([error]) => {
    throw new Error("redis-server could not be started: install the package redis-server, or set REDIS_URL", {
      cause: error,
    });
  });
  const url = `unix://${socket}`;
  const redis = connectRedis(url, "start");
  try {
    await Promise.race([waitForRedis(redis, READY_MS), failed, endedTooSoon(child, join(dir, "redis.log"))]);
  } finally {
    redis.disconnect();
  }
  const ended = once(child, "exit").then(() => undefined);
  return { url, pid: child.pid ?? 0, ended, stop: () => stop(child, ended) };
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
    // Housekeeping twice a second instead of ten times: an idle Orch leaves the machine alone.
    hz: "2",
  };
  return `${Object.entries(lines)
    .map(([name, value]) => `${name} ${value}`)
    .join("\n")}\n`;
}

async function endedTooSoon(child: ChildProcess, log: string): Promise<never> {
  const [code] = await once(child, "exit");
  throw new Error(`redis-server ended at once with code ${code}; its reason stands in ${log}`);
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}
