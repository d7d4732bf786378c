import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { ownBaseUid } from "../support/own-uids.ts";
import { startProgram } from "../support/program.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const WORKER = fileURLToPath(new URL("../../workers/main.ts", import.meta.url));

let dir: string;
let redis: TestRedis;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-worker-test-"));
  await chmod(dir, 0o711);
  redis = await startRedis();
});

afterEach(async () => {
  const tmux = join(dir, "host", "tmux");
  const sockets = (await readdir(tmux).catch(() => [])).filter((name) => name.startsWith("orch-"));
  await Promise.all(sockets.map((name) => promisify(execFile)("tmux", ["-S", join(tmux, name), "kill-server"])));
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

test("a worker host says at its start that agents can reach a Redis on loopback without a password", async () => {
  const config = join(dir, "orch.yml");
  const agents = { fails: { kind: "plain", command: ["/bin/false"] } };
  await writeFile(config, stringify({ agents, slots: 1, sandbox: "none", sandboxBaseUid: ownBaseUid }));
  const env = {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    HOME: dir,
    REDIS_URL: redis.url,
    WORKER_SECRET: "test-worker-secret-0123456789abcdef0123456789",
    ORCH_CONFIG: config,
    ORCH_DATA: dir,
  };
  const worker = await startProgram(WORKER, env, /worker host ready/);
  expect(await worker.logged(/AGENTS CAN REACH THIS REDIS/)).toContain('"level"');
  expect(await worker.stop()).toBe(0);
});

test("a worker host does not start while an agent's readable paths show its data", async () => {
  const config = join(dir, "orch.yml");
  const agents = { curious: { kind: "plain", command: ["/bin/true"], readable: [dir] } };
  await writeFile(config, stringify({ agents, slots: 1 }));
  const env = {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    REDIS_URL: redis.url,
    WORKER_SECRET: "test-worker-secret-0123456789abcdef0123456789",
    ORCH_CONFIG: config,
    ORCH_DATA: join(dir, "data"),
  };
  const start = promisify(execFile)(process.execPath, [WORKER], { env });
  await expect(start).rejects.toMatchObject({ code: 78, stderr: expect.stringContaining("under readable would show") });
});
