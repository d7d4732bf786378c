/**
 * A real redis-server for one test file: own port, own folder, AOF on, so that it can be killed and started again with
 * what it had.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { keepRedis } from "../../cli/keep-redis.ts";
import { freePort } from "../../demo/free-port.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";

export type TestRedis = {
  url: string;
  /** The same server, by a socket that no agent can reach. */
  socketUrl: string;
  port: number;
  /** SIGKILL, as in a power cut; the data stays, as far as Redis had handed it to the system: on a busy disk that may be two seconds ago. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: connections stay open, nobody answers. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port with the same data. */
  restart(): Promise<void>;
  /** Starts it again with nothing in it; resolves with what starts it once more with all that it had had. */
  empty(): Promise<() => Promise<void>>;
  /** Resolves with what kills it and starts it with what it has now: a backup that is restored. */
  backUp(): Promise<() => Promise<void>>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
};

/** The same with a connection that is ready; `close` ends both. */
export type ConnectedRedis = TestRedis & { redis: Redis; close(): Promise<void> };

/** Redis answers only when the disk has it: for tests that kill it in the middle and miss whatever is lost. */
export const NOTHING_LOST = ["--appendfsync", "always"];

/** `extra`: further arguments of redis-server. */
export async function startConnectedRedis(extra: readonly string[] = []): Promise<ConnectedRedis> {
  const server = await startRedis(extra);
  const redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  const close = async () => {
    redis.disconnect();
    await server.stop();
  };
  return { ...server, redis, close };
}

export async function startRedis(extra: readonly string[] = []): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), "orch-redis-"));
  const port = await freePort();
  let server = await launch(port, dir, extra);

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    if (signal !== "SIGKILL") server.kill("SIGCONT");
    await ended;
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    socketUrl: `unix://${join(dir, "redis.sock")}`,
    port,
    kill: () => end("SIGKILL"),
    freeze: () => void server.kill("SIGSTOP"),
    thaw: () => void server.kill("SIGCONT"),
    restart: async () => {
      await end("SIGTERM");
      server = await launch(port, dir, extra);
    },
    empty: async () => {
      await end("SIGTERM");
      const [data, backup] = [join(dir, "appendonlydir"), join(dir, "backup")];
      await rename(data, backup);
      server = await launch(port, dir, extra);
      return async () => {
        await end("SIGTERM");
        await rm(data, { recursive: true });
        await rename(backup, data);
        server = await launch(port, dir, extra);
      };
    },
    backUp: async () => {
      await end("SIGTERM");
      const [data, backup] = [join(dir, "appendonlydir"), join(dir, "backup")];
      await cp(data, backup, { recursive: true });
      server = await launch(port, dir, extra);
      return async () => {
        await end("SIGKILL");
        await rm(data, { recursive: true });
        await rename(backup, data);
        server = await launch(port, dir, extra);
      };
    },
    stop: async () => {
      await end("SIGKILL");
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The one that `orch start` starts, and starts again when it ends. It is reached by its socket only. */
export async function startKeptRedis(dataDir: string): Promise<TestRedis> {
  let pid = 0;
  const onStart = (started: number) => {
    pid = started;
  };
  const kept = await keepRedis({ dataDir, say: (text) => process.stderr.write(`${text}\n`), onStart });
  const not = () => Promise.reject(new Error("that is not for a test to do with the Redis of `orch start`"));
  return {
    ...{ url: kept.url, socketUrl: kept.url, port: 0, restart: not, empty: not, backUp: not, stop: kept.stop },
    kill: async () => void process.kill(pid, "SIGKILL"),
    freeze: () => void process.kill(pid, "SIGSTOP"),
    thaw: () => void process.kill(pid, "SIGCONT"),
  };
}

async function launch(port: number, dir: string, extra: readonly string[]): Promise<ChildProcess> {
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--daemonize", "no"];
  const socket = ["--unixsocket", join(dir, "redis.sock"), "--unixsocketperm", "600"];
  const aof = ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"];
  const server = spawn("redis-server", [...settings, ...socket, ...aof, ...extra], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  server.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (output.includes("Ready to accept connections")) resolve();
  });
  server.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  server.once("error", reject);
  server.once("exit", () => reject(new Error(`redis-server ended before it was ready:\n${output}`)));
  await ready;
  server.removeAllListeners("exit");
  return server;
}
