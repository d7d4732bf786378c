/** `orch start` as a person runs it: twice on one data folder, and killed in the middle of things. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { freePort } from "../../demo/free-port.ts";
import { type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { askBot } from "../support/ask-bot.ts";
import { closeGitHub } from "../support/close-github.ts";
import { compileCache } from "../support/compile-cache.ts";
import { ownBaseUid } from "../support/own-uids.ts";
import { type Program, startProgram } from "../support/program.ts";
import { ORCH, runOrch } from "./run-orch.ts";

let dir: string;
let simulator: Simulator;
let env: Record<string, string>;
let orch: Program;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-start-test-"));
  await chmod(dir, 0o711);
  simulator = await startSimulator({ dataDir: join(dir, "github") });
  const [config, key, port] = [join(dir, "orch.yml"), join(dir, "app.pem"), await freePort()];
  const agents = { fails: { kind: "plain", command: ["/bin/false"] } };
  await writeFile(config, stringify({ agents, slots: 1, sandboxBaseUid: ownBaseUid }));
  await writeFile(key, simulator.app.privateKey, { mode: 0o600 });
  env = {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    ...compileCache,
    HOME: dir,
    APP_ID: String(simulator.app.id),
    PRIVATE_KEY_PATH: key,
    WEBHOOK_SECRET: simulator.app.webhookSecret,
    GHE_HOST: `127.0.0.1:${simulator.port}`,
    GHE_PROTOCOL: "http",
    GITHUB_THROTTLE: "off",
    PORT: String(port),
    DASHBOARD_PORT: "off",
    BOT_URL: "https://bot.example.com",
    ORCH_CONFIG: config,
    ORCH_DATA: join(dir, "data"),
  };
  orch = await startProgram(ORCH, env, /worker host ready/, ["start"]);
});

afterAll(async () => {
  await orch.stop();
  // A worker host leaves its sessions to its next life; this one has none.
  const tmux = join(dir, "data", "host", "tmux");
  const [socket = ""] = (await readdir(tmux)).filter((name) => name.startsWith("orch-"));
  await promisify(execFile)("tmux", ["-S", join(tmux, socket), "kill-server"]);
  await closeGitHub(simulator).finally(() => rm(dir, { recursive: true, force: true }));
});

/** Redis, bot and worker host: what `orch start` has started itself. */
function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(/\s+/).map(Number);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
}

/** A process that has ended and that nobody has waited for yet counts as ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function withRedis<T>(use: (redis: ReturnType<typeof connectRedis>) => Promise<T>): Promise<T> {
  const redis = connectRedis(`unix://${join(dir, "data", "redis", "redis.sock")}`, "test");
  try {
    await waitForRedis(redis, 10_000);
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

test("a second start on the same data folder is refused with a plain reason, and the first goes on", async () => {
  const before = childrenOf(orch.pid());
  const second = await runOrch(["start"], { cwd: dir, env: { ...env, PORT: String(await freePort()) } });
  expect(second.stderr).toBe(
    `Orch is already running here (data folder ${join(dir, "data")}). Stop it first, or give this one its own ORCH_DATA and PORT.\n`,
  );
  expect(second.code).toBe(78);
  expect(childrenOf(orch.pid())).toEqual(before);
  expect(await withRedis((redis) => redis.ping())).toBe("PONG");
});

test("each child is the program itself, so that its process id can be measured and told", () => {
  const commands = childrenOf(orch.pid()).map(commandOf);
  expect(commands).toEqual([
    expect.stringMatching(/^\S*redis-server /),
    expect.stringMatching(/^\S*node\S* .*orch-programs\/src\/main\.mjs/),
    expect.stringMatching(/^\S*node\S* .*orch-programs\/workers\/main\.mjs/),
  ]);
});

test("its own worker host goes to the bot's socket, also where the bot has an address for worker hosts elsewhere", async () => {
  const urls = childrenOf(orch.pid()).map((pid) => {
    const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    return variables.find((each) => each.startsWith("BOT_URL="));
  });
  const folder = join(dir, "data", "bot");
  expect(urls).toEqual([undefined, "BOT_URL=https://bot.example.com", `BOT_URL=unix://${folder}`]);
  expect((await askBot(folder, "/workers/tokens", {}, "wrong")).status).toBe(401);
});

test("what `orch start` started ends when it is killed, and the next start has all that was stored", async () => {
  await withRedis((redis) => redis.set("test:kept", "yes"));
  const children = childrenOf(orch.pid());
  expect(children).toHaveLength(3);
  await orch.kill();
  await vi.waitUntil(() => !children.some(isAlive), { timeout: 20_000, interval: 50 });
  await orch.start();
  expect(await withRedis((redis) => redis.get("test:kept"))).toBe("yes");
});

test("a start right after a kill waits for the killed one's Redis to end, instead of being refused", async () => {
  await withRedis((redis) => redis.set("test:kept-again", "yes"));
  const [redisPid = 0] = childrenOf(orch.pid());
  await orch.kill();
  await orch.start();
  expect(isAlive(redisPid)).toBe(false);
  expect(await withRedis((redis) => redis.get("test:kept-again"))).toBe("yes");
});

test("of two bots one goes on answering while the other is started again, and both end with the rest", async () => {
  await orch.stop();
  const two = await startProgram(ORCH, { ...env, BOTS: "2" }, /worker host ready/, ["start"]);
  const children = () => childrenOf(two.pid());
  const bots = () => children().filter((pid) => commandOf(pid).includes("src/main.mjs"));
  const sockets = async () => (await readdir(join(dir, "data", "bot"))).filter((name) => name.endsWith(".sock"));
  const answers = async () =>
    (await fetch(`http://127.0.0.1:${env.PORT}/healthz`, { headers: { connection: "close" } })).ok;
  try {
    await vi.waitUntil(async () => (await sockets()).length === 2, { timeout: 20_000 });
    const [first = 0, second = 0] = bots();
    process.kill(first, "SIGKILL");
    // Not only "ended": its sockets are closed with the last of its threads, which may be later than the first.
    await vi.waitUntil(() => !existsSync(`/proc/${first}`), { timeout: 5_000, interval: 5 });
    for (let time = 0; time < 20; time++) expect(await answers()).toBe(true);
    await vi.waitUntil(() => bots().filter((pid) => pid !== first).length === 2, { timeout: 20_000, interval: 50 });
    expect(bots()).toContain(second);
  } finally {
    const all = children();
    expect(await two.stop()).toBe(0);
    expect(all.filter(isAlive)).toEqual([]);
    await orch.start();
  }
});
