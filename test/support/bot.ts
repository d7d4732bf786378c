/**
 * A bot in this process, between a GitHub on loopback and a real Redis. No worker host: tests play it by the store.
 * `close` fails the test when an exchange violated GitHub's published schema.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, vi } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { type Bot, type BotOptions, makeBot } from "../../src/bot.ts";
import type { BotConfig } from "../../src/config.ts";
import { makeInbox } from "../../src/intake/inbox.ts";
import { type HostInfo, register } from "../../src/task/hosts.ts";
import { ASKING_LABELS } from "../../src/task/labels.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { askBot } from "./ask-bot.ts";
import { closeGitHub } from "./close-github.ts";
import { startRedis, type TestRedis } from "./redis.ts";
import { idOfComment } from "./task-spec.ts";

export const WORKER_SECRET = "test-worker-secret-0123456789abcdef";
export const MAINTAINER = "maintainer";
export const STRANGER = "stranger";

/** Said to live, so that tasks may start. */
const HOST: HostInfo = {
  id: "h0000000",
  place: "p1",
  name: "builder",
  version: "0.1.0",
  pid: 1,
  slots: 200,
  sandbox: "bwrap",
  agents: ["scripted"],
  defaultAgent: "scripted",
  draining: false,
  startedAt: 0,
};

export type BotSetting = Awaited<ReturnType<typeof startBotSetting>>;

export async function startBotSetting({
  api,
  dashboard,
  historyFile,
  ...options
}: Pick<BotOptions, "catchUp" | "now"> &
  Partial<Pick<BotConfig, "api" | "historyFile">> & {
    dashboard?: (github: Simulator) => NonNullable<BotConfig["dashboard"]>;
  } = {}) {
  const server = await startRedis();
  const github = await startSimulator();
  github.createUser(MAINTAINER);
  github.createUser(STRANGER);
  const repository = await github.createRepository({
    owner: "octo-org",
    name: "calculator",
    files: { "README.md": "# Calculator\n" },
    collaborators: { [MAINTAINER]: "write" },
  });
  const botFolder = await mkdtemp(join(tmpdir(), "orch-bot-"));
  const config = {
    ...botConfig(github, server, botFolder),
    ...(api && { api }),
    ...(dashboard && { dashboard: dashboard(github) }),
    ...(historyFile !== undefined && { historyFile }),
  };
  let bot: Bot | undefined;
  const startBot = async () => {
    bot = await makeBot(config, { log: pino({ level: "silent" }), ...options });
    github.setWebhookUrl(`${bot.url}${config.webhookPath}`);
    return bot;
  };
  await startBot();
  const redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  const store = makeTaskStore(redis);
  const queue = makeTaskQueue(redis);
  const inbox = makeInbox(redis);
  await register(redis, HOST, Date.now() + 3600_000);

  const openIssue = async () => (await github.openIssue(repository, { as: MAINTAINER, title: "Tests fail" })).number;
  const comment = (number: number, body: string, as = MAINTAINER) => github.comment(repository, number, body, { as });

  return {
    github,
    repository,
    config,
    server,
    redis,
    store,
    queue,
    inbox,
    openIssue,
    comment,
    startBot,
    stopBot: async () => await bot?.stop(),
    url: () => bot?.url ?? "",
    apiUrl: () => bot?.apiUrl ?? "",
    dashboardUrl: () => bot?.dashboardUrl ?? "",
    /** Asks as a worker host does. */
    ask: (path: string, body: unknown, secret = WORKER_SECRET) => askBot(botFolder, path, body, secret),
    taskId: (commentId: number, line = 1) => idOfComment(repository.id, commentId, line),
    /** Every delivery was answered, and everything recorded from them was taken in. */
    async quiet() {
      await github.idle();
      await vi.waitFor(async () => expect(await inbox.issues.size()).toBe(0), { timeout: 20_000, interval: 10 });
    },
    replies: (number: number) =>
      github.state
        .comments(repository, number)
        .filter((each) => each.user.login === github.app.botLogin && !each.body.includes("kind=progress"))
        .map((each) => each.body),
    reactions: (commentId: number) => github.state.reactions(repository, commentId).map((each) => each.content),
    async close() {
      await bot?.stop();
      await queue.close();
      redis.disconnect();
      await rm(botFolder, { recursive: true });
      await closeGitHub(github).finally(() => server.stop());
    },
  };
}

function botConfig(github: Simulator, redis: TestRedis, botFolder: string): BotConfig {
  const host = `127.0.0.1:${github.port}`;
  return {
    appId: github.app.id,
    privateKey: github.app.privateKey,
    webhookSecret: github.app.webhookSecret,
    webhookPath: "/api/github/webhooks",
    github: { protocol: "http", host, apiUrl: `http://${host}/api/v3`, webUrl: `http://${host}` },
    throttle: false,
    labels: ASKING_LABELS,
    commitStatus: false,
    host: "127.0.0.1",
    port: 0,
    sharesPort: false,
    api: undefined,
    redisUrl: redis.url,
    workerSecret: WORKER_SECRET,
    botFolder,
    answersHostsOnPort: false,
    logLevel: "silent",
  };
}
