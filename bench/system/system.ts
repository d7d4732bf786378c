/**
 * The whole of Orch as `npm start` runs it on one machine (Redis, bot, worker host, tmux, sandbox), with a GitHub on
 * loopback beside it and agents of the benchmark's choice.
 */
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { startEverything } from "../../cli/start.ts";
import { readHosts } from "../../src/task/heartbeat.ts";
import { keys } from "../../src/task/keys.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { allProcesses } from "../processes.ts";
import { type GitHubProcess, type RepositoryWithIssue, startGitHub } from "./github.ts";

export type SystemOptions = { /** What the agent runs. */ agent: readonly string[]; slots: number };

export type System = {
  dir: string;
  dataDir: string;
  github: GitHubProcess;
  store: TaskStore;
  /** Process ids of redis, bot and worker. */
  pids: ReadonlyMap<string, number>;
  /** The tmux server and our client of it. */
  tmuxPids(): number[];
  /** The maintainer asks for a task. `at`: when GitHub sent the webhook, Unix ms. */
  command(repository: RepositoryWithIssue): Promise<{ taskId: string; at: number }>;
  /** The task once `check` holds, and when the news of it came (Unix ms). */
  until(taskId: string, check: (task: Task) => boolean): Promise<{ task: Task; at: number }>;
  /** Resolves when GitHub shows everything and nothing is left to do. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
};

const START_MS = 60_000;
const TASK_MS = 120_000;

export async function startSystem({ agent, slots }: SystemOptions): Promise<System> {
  const dir = await mkdtemp(join(tmpdir(), "orch-bench-"));
  await chmod(dir, 0o711); // agents run as users of their own and must reach their workspaces below
  const github = await startGitHub();
  const config = join(dir, "orch.yml");
  await writeFile(config, stringify({ agents: { bench: { kind: "plain", command: [...agent] } }, slots }));
  const pids = new Map<string, number>();
  const settings = await settingsOf(dir, github, config);
  await github.hearAt(`${settings.BOT_URL}${settings.WEBHOOK_PATH}`);
  const everything = await startEverything({
    env: settings,
    stdio: process.env.ORCH_BENCH_LOGS ? "inherit" : "ignore",
    onStart: (name, pid) => pids.set(name, pid),
  });
  const redis = connectRedis(everything.env.REDIS_URL ?? "", "bench");
  const news = connectBlockingRedis(everything.env.REDIS_URL ?? "", "bench-news");
  const tmuxPids = () =>
    allProcesses()
      .filter(
        ({ command }) =>
          command.includes(join(everything.dataDir, "host", "tmux")) && /tmux/.test(command.split(" ")[0] ?? ""),
      )
      .map(({ pid }) => pid);
  const stop = async () => {
    news.disconnect();
    redis.disconnect();
    await everything.stop();
    // Agents outlive their host on purpose; here their server goes, then they.
    const servers = tmuxPids();
    for (const { pid } of agentsOf(everything.dataDir)) tryToKill(pid);
    for (const pid of servers) tryToKill(pid);
    await github.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const store = makeTaskStore(redis);
  try {
    await waitForRedis(redis, START_MS);
    await news.subscribe(keys.changed);
    const ended = everything.ended.then((code) => {
      throw new Error(`Orch ended with code ${code}. For its log: ORCH_BENCH_LOGS=1 npm run bench`);
    });
    await Promise.race([
      untilTrue(
        async () =>
          (await readHosts(redis, Date.now())).some(({ alive }) => alive) && (await isReady(settings.BOT_URL)),
        START_MS,
      ),
      ended,
    ]);
    ended.catch(() => undefined); // later it ends because we stop it
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    dir,
    dataDir: everything.dataDir,
    github,
    store,
    pids,
    tmuxPids,
    async command(repository) {
      const { commentId, at } = await github.comment(repository, "/orch fix the failing tests");
      return { taskId: taskIdOf(repository.id, commentId, 1), at };
    },
    async until(taskId, check) {
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
    },
    quiet: () => untilTrue(async () => (await redis.zcard(keys.unreported)) === 0, TASK_MS),
    stop,
  };
}

async function settingsOf(dir: string, github: GitHubProcess, config: string) {
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
    BOT_URL: `http://127.0.0.1:${port}`,
    ORCH_CONFIG: config,
    ORCH_DATA: join(dir, "data"),
    LOG_LEVEL: "info",
  };
}

/** Wrappers of steps and all below them, found by the folder that they work in. */
function agentsOf(dataDir: string) {
  return allProcesses().filter(({ command }) => command.includes(join(dataDir, "host")));
}

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

async function untilTrue(check: () => Promise<boolean>, withinMs: number): Promise<void> {
  for (const giveUpAt = Date.now() + withinMs; !(await check()); await delay(50)) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${withinMs / 1_000} s`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("the system gave no port");
  return address.port;
}
