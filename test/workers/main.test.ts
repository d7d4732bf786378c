import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { keys } from "../../src/task/keys.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { proxyUid, slotUsers } from "../../workers/sandbox/slot-users.ts";
import { compileCache } from "../support/compile-cache.ts";
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

async function settings(sandbox = "none"): Promise<Record<string, string>> {
  const config = join(dir, "orch.yml");
  const agents = { fails: { kind: "plain", command: ["/bin/false"] } };
  await writeFile(config, stringify({ agents, slots: 1, sandbox, sandboxBaseUid: ownBaseUid }));
  return {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    ...compileCache,
    HOME: dir,
    REDIS_URL: redis.socketUrl,
    WORKER_SECRET: "test-worker-secret-0123456789abcdef0123456789",
    ORCH_CONFIG: config,
    ORCH_DATA: dir,
  };
}

test("a worker host without a sandbox does not start on a Redis that its agents could reach on loopback", async () => {
  const start = promisify(execFile)(process.execPath, [WORKER], {
    env: { ...(await settings()), REDIS_URL: redis.url },
  });
  const stderr = expect.stringMatching(/REDIS_URL is a port of this machine.*unixsocket.*or use a sandbox/);
  await expect(start).rejects.toMatchObject({ code: 78, stderr });
});

test("in a sandbox agents cannot reach it: the worker host starts and says nothing of it", async () => {
  const env = { ...(await settings("auto")), REDIS_URL: redis.url };
  const worker = await startProgram(WORKER, env, /worker host ready/);
  expect(worker.log()).not.toContain("AGENTS CAN REACH");
  expect(await worker.stop()).toBe(0);
});

test("a worker host takes away what sandboxes of an earlier life could go out by, and without a sandbox has no network proxy", async () => {
  const network = join(dir, "host", "network");
  const open = await startProgram(WORKER, await settings(), /worker host ready/);
  expect(existsSync(network)).toBe(false);
  expect(await open.stop()).toBe(0);
  await mkdir(join(network, "outlets", "over-1-agent-1", "out"), { recursive: true });
  const worker = await startProgram(WORKER, await settings("auto"), /worker host ready/);
  expect(await readdir(join(network, "outlets"))).toEqual([]);
  if (process.getuid?.() === 0) {
    const [pid] = readFileSync(join(network, "pid"), "utf8").split(" ");
    expect(statSync(`/proc/${pid}`).uid).toBe(proxyUid(await slotUsers(1, 0, ownBaseUid)));
  }
  expect(await worker.stop()).toBe(0);
});

test("a worker host whose network proxy cannot be started says why in one sentence", async () => {
  await mkdir(join(dir, "host", "network", "proxy.log"), { recursive: true });
  const start = promisify(execFile)(process.execPath, [WORKER], { env: await settings("auto") });
  await expect(start).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^The network proxy cannot be started: EISDIR[^\n]*\n$/),
  });
});

test("a worker host does not start where others could take the bot's place", async () => {
  const open = join(dir, "open");
  await mkdir(open, { mode: 0o755 });
  const start = promisify(execFile)(process.execPath, [WORKER], {
    env: { ...(await settings()), BOT_URL: `unix://${open}` },
  });
  await expect(start).rejects.toMatchObject({ code: 78, stderr: expect.stringContaining(`chmod 700 ${open}`) });
});

test("the program that holds a worker host's lock hears no Ctrl-C; when it is killed the host ends, too", async () => {
  const worker = await startProgram(WORKER, await settings(), /worker host ready/);
  const [holder] = (await readdir("/proc"))
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), fields: fieldsOf(pid) }))
    .filter(({ fields: [name, , parent] }) => name === "(cat)" && Number(parent) === worker.pid());
  const group = holder?.fields[3];
  expect(group).toBe(String(holder?.pid));
  process.kill(holder?.pid ?? 0, "SIGKILL");
  await worker.logged(/ending, too/);
  await expect.poll(() => worker.isRunning()).toBe(false);
});

/** From the name on: name, state, parent, process group. Empty for a process that is gone. */
function fieldsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(1);
  } catch {
    return [];
  }
}

test("a worker host does not start while an agent's readable paths show its data", async () => {
  const config = join(dir, "orch.yml");
  const agents = { curious: { kind: "plain", command: ["/bin/true"], readable: [dir] } };
  await writeFile(config, stringify({ agents, slots: 1 }));
  const env = {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    ...compileCache,
    REDIS_URL: redis.url,
    WORKER_SECRET: "test-worker-secret-0123456789abcdef0123456789",
    ORCH_CONFIG: config,
    ORCH_DATA: join(dir, "data"),
  };
  const start = promisify(execFile)(process.execPath, [WORKER], { env });
  await expect(start).rejects.toMatchObject({ code: 78, stderr: expect.stringContaining("under readable would show") });
});

test("a copy of a living host's data folder is no second host: it does not start, and says what to do", async () => {
  const env = await settings();
  const worker = await startProgram(WORKER, env, /worker host ready/);
  const copy = await mkdtemp(join(tmpdir(), "orch-worker-copy-"));
  try {
    await chmod(copy, 0o711);
    await mkdir(join(copy, "host"));
    await cp(join(dir, "host", "id"), join(copy, "host", "id"));
    const start = promisify(execFile)(process.execPath, [WORKER], { env: { ...env, ORCH_DATA: copy } });
    const stderr = expect.stringMatching(
      /another worker host with the id of this one.*is alive.*remove .*\/host and start/,
    );
    await expect(start).rejects.toMatchObject({ code: 78, stderr });
    // The first one came back from a frozen machine to find that the copy has started meanwhile.
    const client = connectRedis(redis.url, "test");
    await waitForRedis(client, 5_000);
    const [id = ""] = await client.hkeys(keys.hostPlaces);
    await client.hset(keys.hostPlaces, id, "elsewhere");
    client.disconnect();
    await worker.logged(/another worker host goes by this host's id/);
    expect(await worker.stop()).toBe(78);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});
