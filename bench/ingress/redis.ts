/** A Redis for measuring: AOF with an fsync each second, as BullMQ's documentation advises for everybody. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { CLIENT_CORE, endProcess, pinned } from "../child.ts";

export async function startRedis(): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "orch-bench-redis-"));
  const socket = join(dir, "redis.sock");
  const settings = ["--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--daemonize", "no"];
  const durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"];
  const [program, ...args] = pinned(CLIENT_CORE, ["redis-server", ...settings, ...durable]);
  const server = spawn(program, args, { stdio: "ignore" });
  const url = `unix://${socket}`;
  const stop = async () => {
    await endProcess(server, "SIGKILL");
    await rm(dir, { recursive: true, force: true });
  };
  const redis = connectRedis(url, "bench");
  try {
    await waitForRedis(redis, 10_000);
    return { url, pid: server.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    redis.disconnect();
  }
}
