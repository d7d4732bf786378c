import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { keys } from "../src/task/keys.ts";
import { connectRedis, waitForRedis } from "../src/task/redis.ts";
import { askBot } from "./support/ask-bot.ts";
import { WORKER_SECRET } from "./support/bot.ts";
import { closeGitHub } from "./support/close-github.ts";
import { compileCache } from "./support/compile-cache.ts";
import { startRedis, type TestRedis } from "./support/redis.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

const NO_HOSTS = { alive: 0, known: 0, slots: 0 };

let dir: string;
let github: Simulator;
let redis: TestRedis;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-main-test-"));
  [github, redis] = await Promise.all([startSimulator(), startRedis()]);
});
afterAll(async () => {
  await redis.stop();
  await rm(dir, { recursive: true });
  await closeGitHub(github);
});

function start(changes: Record<string, string> = {}): { child: ChildProcess; output: () => string } {
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    ...compileCache,
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: github.app.webhookSecret,
    GHE_HOST: `127.0.0.1:${github.port}`,
    GHE_PROTOCOL: "http",
    REDIS_URL: redis.url,
    WORKER_SECRET,
    PORT: "0",
    DASHBOARD_PORT: "off",
    ORCH_DATA: dir,
    LOG_LEVEL: "silent",
    ...changes,
  };
  // Probot's types narrow LOG_LEVEL for everybody's process.env.
  const child = spawn(process.execPath, [MAIN], { env: env as NodeJS.ProcessEnv, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  return { child, output: () => output };
}

async function endOf({ child, output }: ReturnType<typeof start>): Promise<{ code: number | null; output: string }> {
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: output() };
}

async function urlOf(bot: ReturnType<typeof start>): Promise<string> {
  await said(bot, /listening on http:\S+\n/);
  return /listening on (http:\S+)/.exec(bot.output())?.[1] ?? "";
}

async function said({ child, output }: ReturnType<typeof start>, words: string | RegExp): Promise<void> {
  while (typeof words === "string" ? !output().includes(words) : !words.test(output())) {
    await once(child.stdout as NonNullable<typeof child.stdout>, "data");
  }
}

describe("refuses to start", () => {
  test("telling every problem of the settings and of Redis at once", async () => {
    const unfit = await startRedis(["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
    const changes = { APP_ID: "", WEBHOOK_SECRET: "development", PRIVATE_KEY: "nonsense", REDIS_URL: unfit.url };
    const { code, output } = await endOf(start(changes));
    await unfit.stop();
    expect(code).toBe(78);
    for (const part of ["APP_ID is missing", "public default", "not a readable PEM key", "without AOF", "may evict"]) {
      expect(output).toContain(part);
    }
    expect(output).not.toMatch(/\n\s+at /);
  });

  test("on a Redis without AOF", async () => {
    const unfit = await startRedis(["--appendonly", "no"]);
    const { code, output } = await endOf(start({ REDIS_URL: unfit.url }));
    await unfit.stop();
    expect([code, output]).toEqual([78, expect.stringContaining("without AOF")]);
  });
});

test("answers health checks, and SIGTERM ends it in order", async () => {
  const bot = start();
  const url = await urlOf(bot);
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ ok: true });
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([
    200,
    {
      ready: true,
      version: expect.any(String),
      redis: { ok: true, problems: [] },
      hosts: NO_HOSTS,
      queue: { waiting: 0, active: 0 },
      tasks: { open: 0, unreported: 0 },
      inbox: 0,
    },
  ]);
  expect((await fetch(`${url}/anything`)).status).toBe(404);
  bot.child.kill("SIGTERM");
  expect((await endOf(bot)).code).toBe(0);
});

test("worker hosts of its machine are answered by its socket, and nobody on its port", async () => {
  const bot = start();
  const url = await urlOf(bot);
  const asked = await fetch(`${url}/workers/tokens`, { method: "POST", headers: { authorization: "Bearer x" } });
  expect(asked.status).toBe(404);
  expect((await askBot(join(dir, "bot"), "/workers/tokens", {}, "x")).status).toBe(401);
  bot.child.kill("SIGTERM");
  await endOf(bot);
});

test("with an https address worker hosts are answered on its port, too, where the operator's proxy is", async () => {
  const bot = start({ BOT_URL: "https://bot.example.com" });
  const url = await urlOf(bot);
  const asked = await fetch(`${url}/workers/tokens`, { method: "POST", headers: { authorization: "Bearer x" } });
  expect(asked.status).toBe(401);
  expect((await askBot(join(dir, "bot"), "/workers/tokens", {}, "x")).status).toBe(401);
  bot.child.kill("SIGTERM");
  await endOf(bot);
});

test("killed, it leaves what was compiled to the next start", async () => {
  const cache = join(dir, "compiled");
  const bot = start({ NODE_COMPILE_CACHE: cache });
  await urlOf(bot);
  await expect.poll(() => globSync(join(cache, "*", "*")).length, { timeout: 20_000 }).toBeGreaterThan(0);
  bot.child.kill("SIGKILL");
  expect((await endOf(bot)).code).toBe(null);
});

test("a host in Redis that cannot be read is told of, and the bot is ready nevertheless", async () => {
  const client = connectRedis(redis.url, "test");
  await waitForRedis(client, 5_000);
  await client.hset(keys.hosts, "foreign", "null");
  const bot = start({ LOG_LEVEL: "error" });
  const ready = await fetch(`${await urlOf(bot)}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, expect.objectContaining({ hosts: NO_HOSTS })]);
  bot.child.kill("SIGTERM");
  const { output } = await endOf(bot);
  expect(output.match(/"key":"orch:hosts foreign".*cannot be read/g)).toHaveLength(1);
  await client.del(keys.hosts);
  client.disconnect();
});

test("without its Redis it listens, says that it is not ready, and recovers by itself", async () => {
  const late = await startRedis();
  await late.kill();
  const bot = start({ REDIS_URL: late.url });
  const url = await urlOf(bot);
  const away = await fetch(`${url}/readyz`);
  expect([away.status, await away.json()]).toEqual([503, expect.objectContaining({ ready: false })]);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await late.restart();
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 20_000 }).toBe(200);
  bot.child.kill("SIGTERM");
  expect((await endOf(bot)).code).toBe(0);
  await late.stop();
});

describe("a port that another program holds", () => {
  /** A bot that waits for the port of another, and has said so. */
  async function waitingBot() {
    const holder = start();
    const { port } = new URL(await urlOf(holder));
    const waiting = start({ PORT: port, LOG_LEVEL: "error" });
    await said(waiting, `PORT ${port} is in use on 127.0.0.1: stop the program that listens there`);
    return { holder, port, waiting };
  }

  test("is told of at once and waited for", async () => {
    const { holder, port, waiting } = await waitingBot();
    holder.child.kill("SIGTERM");
    await endOf(holder);
    expect(new URL(await urlOf(waiting)).port).toBe(port);
    waiting.child.kill("SIGTERM");
    expect((await endOf(waiting)).code).toBe(0);
  });

  test("does not keep a bot that is told to stop", async () => {
    const { holder, waiting } = await waitingBot();
    waiting.child.kill("SIGTERM");
    expect((await endOf(waiting)).code).toBe(0);
    holder.child.kill("SIGTERM");
    await endOf(holder);
  });
});

test("an address that is not this machine's ends it with 78 too", async () => {
  const { code, output } = await endOf(start({ HOST: "192.0.2.1", PORT: "3000" }));
  expect([code, output]).toEqual([78, expect.stringContaining("HOST 192.0.2.1 is no address of this machine")]);
});
