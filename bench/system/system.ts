/**
 * The whole of Orch as `orch start` runs it on one machine (itself, Redis, bot, worker host, tmux, sandbox), with a GitHub on
 * loopback beside it and agents of the benchmark's choice.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Redis } from "ioredis";
import { stringify } from "yaml";
import { freePort } from "../../demo/free-port.ts";
import { readHosts } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { allProcesses, type Process, treeOf } from "../processes.ts";
import { type GitHubProcess, type RepositoryWithIssue, startGitHub } from "./github.ts";

export type SystemOptions = {
  /** What the default agent runs. */
  agent: readonly string[];
  /** More agents, by name, as they are written in the operator's file. */
  agents?: Record<string, object>;
  slots: number;
  /** Of the operator's file. */
  limits?: Record<string, number>;
  /** What its operator lists for all sandboxes. */
  allow?: readonly string[];
  /** Where compiled code is kept; one that was filled by an earlier start makes this one a later start. */
  compileCache?: string;
  /** Of bot and worker host besides. */
  settings?: Record<string, string>;
};

export type System = {
  dir: string;
  dataDir: string;
  redisUrl: string;
  github: GitHubProcess;
  store: TaskStore;
  /** Process ids of start, redis, bot and worker. */
  pids: ReadonlyMap<string, number>;
  /** The tmux server and our client of it. */
  tmuxPids(): number[];
  /** The network proxy, and one that it has taken over from while that still has connections. */
  networkPids(): number[];
  /** The maintainer asks for a task. `at`: when GitHub sent the webhook, Unix ms. */
  command(repository: RepositoryWithIssue): Promise<{ taskId: string; at: number }>;
  /** The task once `check` holds, and when the news of it came (Unix ms). */
  until(taskId: string, check: (task: Task) => boolean): Promise<{ task: Task; at: number }>;
  /** Resolves when GitHub shows everything and nothing is left to do. */
  quiet(): Promise<void>;
  /** Resolves when no run has a slot. */
  slotsFree(): Promise<void>;
  stop(): Promise<void>;
};

const ORCH = fileURLToPath(new URL("../../bin/orch.js", import.meta.url));
/** How the programs are told apart by their command lines. */
const PROGRAMS = { redis: /redis-server/, bot: /src\/main\./, worker: /workers\/main\./ };
/** Those that go on without the worker host: they are nobody's children once it was started anew. */
const PROGRAMS_BESIDE = { tmux: /^\S*tmux\b/, network: /workers\/network\/main\./ };

/** Somebody who presses Ctrl-C leaves no tmux server behind. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const START_MS = 60_000;
const TASK_MS = 120_000;

export async function startSystem({ agent, slots, compileCache, ...more }: SystemOptions): Promise<System> {
  const { agents = {}, allow = [], limits = {} } = more;
  const dir = await mkdtemp(join(tmpdir(), "orch-bench-"));
  await chmod(dir, 0o711); // agents run as users of their own and must reach their workspaces below
  const github = await startGitHub(join(dir, "github"));
  const config = join(dir, "orch.yml");
  const bench = { kind: "plain", command: [...agent] };
  const file = { agents: { bench, ...agents }, defaultAgent: "bench", slots, allow: [...allow], limits };
  await writeFile(config, stringify(file));
  const settings = { ...(await settingsOf(dir, github, { config, compileCache })), ...more.settings };
  const botUrl = `http://${settings.HOST}:${settings.PORT}`;
  await github.hearAt(`${botUrl}${settings.WEBHOOK_PATH}`);
  const dataDir = settings.ORCH_DATA;
  const stdio = process.env.ORCH_BENCH_LOGS ? "inherit" : "ignore";
  const orch = spawn(process.execPath, [ORCH, "start"], { env: settings, stdio });
  const ended = once(orch, "exit") as Promise<[number | null]>;
  const redisUrl = `unix://${join(dataDir, "redis", "redis.sock")}`;
  const redis = connectRedis(redisUrl, "bench");
  const news = connectBlockingRedis(redisUrl, "bench-news");
  const store = makeTaskStore(redis);
  const stop = async () => {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    news.disconnect();
    redis.disconnect();
    orch.kill("SIGTERM");
    await ended;
    // Agents outlive their host on purpose; here they go with it.
    for (const { pid } of processesBelow(dataDir)) tryToKill(pid);
    await github.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const interrupted = () => void stop().finally(() => process.exit(130));
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    await ready(ended, redis, botUrl);
    await news.subscribe(keys.changed);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    dir,
    dataDir,
    redisUrl,
    github,
    store,
    pids: pidsOf(treeOf(orch.pid ?? 0)),
    tmuxPids: () => tmuxBelow(dataDir),
    networkPids: () => networkBelow(dataDir),
    async command(repository) {
      const { commentId, at } = await github.comment(repository, "/orch fix the failing tests");
      return { taskId: taskIdOf(repository.id, { kind: "comment", id: commentId, line: 1, url: "" }), at };
    },
    until: (taskId, check) => untilTask(store, news, taskId, check),
    quiet: () => untilTrue(async () => (await redis.zcard(keys.unreported)) === 0, TASK_MS),
    slotsFree: () => untilTrue(() => haveRunsEnded(dataDir), TASK_MS),
    stop,
  };
}

function pidsOf([start, ...children]: Process[]): Map<string, number> {
  const found = new Map([["start", start?.pid ?? 0]]);
  for (const [name, pattern] of Object.entries(PROGRAMS)) {
    const process = children.find(({ command }) => pattern.test(command));
    if (!process) throw new Error(`${name} does not run`);
    found.set(name, process.pid);
  }
  return found;
}

async function ready(exit: Promise<[number | null]>, redis: Redis, botUrl: string): Promise<void> {
  const ended = exit.then(([code]) => {
    throw new Error(`Orch ended with code ${code}. For its log: ORCH_BENCH_LOGS=1 npm run bench`);
  });
  ended.catch(() => undefined); // later it ends because we stop it
  await Promise.race([waitForRedis(redis, START_MS), ended]);
  const hostLives = async () => (await readHosts(redis, Date.now())).some(({ alive }) => alive);
  await Promise.race([untilTrue(async () => (await hostLives()) && (await isReady(botUrl)), START_MS), ended]);
}

async function untilTask(
  store: TaskStore,
  news: Redis,
  taskId: string,
  check: (task: Task) => boolean,
): Promise<{ task: Task; at: number }> {
  const found = Promise.withResolvers<{ task: Task; at: number }>();
  const look = async (at: number) => {
    const task = await store.read(taskId);
    if (task && check(task)) found.resolve({ task, at });
  };
  const listen = (_channel: string, id: string) => {
    if (id === taskId) look(Date.now()).catch(found.reject);
  };
  news.on("message", listen);
  const timer = setTimeout(() => found.reject(new Error(`task ${taskId} does not get on`)), TASK_MS);
  try {
    await look(Date.now());
    return await found.promise;
  } finally {
    clearTimeout(timer);
    news.off("message", listen);
  }
}

async function settingsOf(
  dir: string,
  github: GitHubProcess,
  options: { config: string; compileCache?: string | undefined },
) {
  const keyFile = join(dir, "app.pem");
  const { app, port: gitHubPort } = github.info;
  await writeFile(keyFile, app.privateKey, { mode: 0o600 });
  const port = await freePort();
  return {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    HOME: process.env.HOME ?? "/",
    TMPDIR: tmpdir(),
    APP_ID: String(app.id),
    PRIVATE_KEY_PATH: keyFile,
    WEBHOOK_SECRET: app.webhookSecret,
    WEBHOOK_PATH: "/api/github/webhooks",
    GHE_HOST: `127.0.0.1:${gitHubPort}`,
    GHE_PROTOCOL: "http",
    GITHUB_THROTTLE: "off",
    HOST: "127.0.0.1",
    PORT: String(port),
    DASHBOARD_PORT: "off",
    NODE_COMPILE_CACHE: options.compileCache ?? "",
    ORCH_CONFIG: options.config,
    ORCH_DATA: join(dir, "data"),
    LOG_LEVEL: "info" as const,
  };
}

/** The tmux server, the wrappers of steps and their sandboxes: the host's folder stands in their arguments. */
const processesBelow = (dataDir: string) =>
  allProcesses().filter(({ command }) => command.includes(join(dataDir, "host")));

const tmuxBelow = (dataDir: string) =>
  processesBelow(dataDir)
    .filter(({ command }) => PROGRAMS_BESIDE.tmux.test(command) && command.includes(join(dataDir, "host", "tmux")))
    .map(({ pid }) => pid);

const networkBelow = (dataDir: string) =>
  processesBelow(dataDir)
    .filter(
      ({ command }) => PROGRAMS_BESIDE.network.test(command) && command.includes(join(dataDir, "host", "network")),
    )
    .map(({ pid }) => pid);

function tryToKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function isReady(botUrl: string): Promise<boolean> {
  const answer = await fetch(`${botUrl}/readyz`).catch(() => undefined); // not listening yet
  return answer?.ok ?? false;
}

/** A run has its slot until what it leaves is put aside: later than its end is told. */
async function haveRunsEnded(dataDir: string): Promise<boolean> {
  const runs = join(dataDir, "host", "runs");
  const ends = (await readdir(runs)).map(async (name) => {
    const record = await readFile(join(runs, name, "run.json"), "utf8").catch(unlessGone);
    return record === undefined || (JSON.parse(record) as { end?: string }).end !== undefined;
  });
  return (await Promise.all(ends)).every(Boolean);
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function untilTrue(check: () => Promise<boolean>, withinMs: number): Promise<void> {
  for (const giveUpAt = Date.now() + withinMs; !(await check()); await delay(50)) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${withinMs / 1_000} s`);
  }
}
