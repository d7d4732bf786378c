/**
 * A whole Orch for one test file: a GitHub on loopback that judges every exchange, a real Redis, the bot and a worker
 * host as real processes, agents as real programs in real tmux sessions. `close` fails the test when GitHub's schema was
 * violated or a process of an agent was left behind.
 */

import { globSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Redis } from "ioredis";
import { stringify } from "yaml";
import { freePort } from "../../demo/free-port.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator/simulator.ts";
import type { Egress } from "../../src/reach/reach-shape.ts";
import { keys } from "../../src/task/keys.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Progress } from "../../src/task/progress.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import type { AgentDefinition } from "../../workers/agents/adapter.ts";
import { CALCULATOR } from "./calculator.ts";
import { closeGitHub } from "./close-github.ts";
import { compileCache } from "./compile-cache.ts";
import { ownBaseUid } from "./own-uids.ts";
import { type Program, startProgram } from "./program.ts";
import { fileOfProgram } from "./program-file.ts";
import { startKeptRedis, startRedis, type TestRedis } from "./redis.ts";
import { type SmallDisk, smallDisk } from "./small-disk.ts";
import { idOfComment } from "./task-spec.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/agents", import.meta.url));

/** An agent as it is written in the operator's file, without its name. */
export type WrittenAgent = Omit<AgentDefinition, "name" | "allow"> & { allow?: string[] };

export type OrchOptions = {
  /** Which fixture of test/fixtures/agents is the default agent (file name without ending). */
  agent?: string;
  /** More agents of the operator's file, by name, e.g. programs that are not ours. */
  agents?: Record<string, WrittenAgent>;
  /** Whether the bot listens for other programs. */
  api?: boolean;
  /** Whether the bot has a dashboard. */
  dashboard?: boolean;
  /** What the worker host's environment holds besides, e.g. an agent's key. */
  hostEnv?: Record<string, string>;
  slots?: number;
  /** Of the operator's file, e.g. `{ silenceMinutes: 0.05 }`. */
  limits?: Record<string, number>;
  /** Of the operator's file: what setup commands and checks may reach, by default what agents may. */
  setup?: { egress: Egress };
  verify?: { egress: Egress };
  /** Of the operator's file, e.g. `{ day: "$5" }`. */
  budget?: Record<string, string>;
  /** Of the operator's file. */
  onStop?: "publish" | "keep";
  onNoAnswer?: "go_on" | "end";
  roles?: Record<string, object | "off">;
  /** `.github/orch.yml` of the repository. */
  repositoryFile?: string;
  files?: Record<string, string>;
  /** Whether nobody may fetch the repository without a token. */
  private?: boolean;
  tokenFormat?: SimulatorOptions["tokenFormat"];
  sandbox?: "auto" | "none";
  /** How long GitHub waits for the answer to a delivery. */
  webhookTimeoutMs?: number;
  /** How many bots share the port; by default one. */
  bots?: 1 | 2;
  /** The data folder is on a disk of its own, of so many megabytes, and the Redis in it is the one that `orch start` starts. */
  diskMegabytes?: number;
  /** The bot's Redis, when it is not to speak with the real one directly; given that one's port. */
  redisOfBot?: (port: number) => Promise<string>;
};

export type Repository = Awaited<ReturnType<Simulator["createRepository"]>>;

/** `.github/orch.yml` of a repository. */
export type Wishes = {
  agent?: string;
  setup?: string;
  verify?: string;
  onStop?: string;
  team?: object;
  roles?: Record<string, object | "off">;
  limits?: Record<string, number>;
};

/** Where a command is given. */
export type Place = { repository: Repository; number: number };

export type Orch = {
  dir: string;
  /** Agents and verify commands can read here; see `letGo`. */
  stage: string;
  simulator: Simulator;
  redisServer: TestRedis;
  /** With `diskMegabytes`. */
  disk: SmallDisk | undefined;
  redis: Redis;
  store: TaskStore;
  bot: Program;
  /** The second bot, where there are two. */
  otherBot: Program | undefined;
  host: Program;
  /** Starts another worker host beside the first, with a data folder of its own and, if need be, an agent that the first has not. */
  anotherHost(agents?: Record<string, WrittenAgent>): Promise<Program>;
  /** The id of the first worker host, or of the n-th other one. */
  hostId(nth?: number): Promise<string>;
  /** Where GitHub delivers, and the bot says how it is. Worker hosts do not go there. */
  botUrl: string;
  /** With `api`: where other programs ask. */
  apiUrl: string;
  /** With `dashboard`: where it is. */
  dashboardUrl: string;
  /** The settings of bot and worker host. */
  env: Record<string, string>;
  repository: Repository;
  /** An open issue by the maintainer. */
  issue: number;
  /** Another repository with an issue in it, whose own file chooses the agent and the verify command. */
  place(wishes?: Wishes, files?: Record<string, string>, owner?: string): Promise<Place>;
  /** The maintainer writes under the issue (or another number); gives the id of the task that the given line becomes. */
  command(
    text: string,
    options?: { as?: string; number?: number; repository?: Repository; line?: number },
  ): Promise<{ commentId: number; taskId: string }>;
  /** Resolves with the task as soon as `check` holds for it. */
  task(taskId: string, check: (task: Task) => boolean | Promise<boolean>): Promise<Task>;
  settled(taskId: string): Promise<Outcome>;
  /** What the task's run has to show by now. */
  progress(taskId: string): Promise<Progress>;
  /** Resolves when the task is settled and GitHub shows all of it (or GitHub takes no word of it for now). */
  told(taskId: string): Promise<Outcome>;
  running(taskId: string, phase?: string): Promise<Task>;
  /** The bot's one progress comment, of all or of the task, once `pattern` is in it. Fails when there are two. */
  progressComment(
    pattern: RegExp,
    options?: { number?: number; repository?: Repository; task?: string },
  ): Promise<string>;
  /** All comments of the bot. */
  botComments(options?: { number?: number; repository?: Repository }): { id: number; body: string }[];
  /** How often GitHub was asked to make something there: what was found to be one too many, and is gone again, counts too. */
  asked(place: Place): Record<"comments" | "pulls" | "check-runs", number>;
  /** Resolves when the bot says that it is ready. */
  ready(): Promise<void>;
  /** What the agents of a task have printed so far, all starts of all runs: a restarted agent would say things twice. */
  agentOutput(taskId: string): Promise<string>;
  /** Lets agents that wait for it go on (see the fixtures). */
  letGo(name?: string): Promise<void>;
  close(): Promise<void>;
};

const MAINTAINER = "maintainer";

export async function startOrch(options: OrchOptions = {}): Promise<Orch> {
  const dir = await mkdtemp(join(tmpdir(), "orch-test-"));
  await chmod(dir, 0o711); // agents run as users of their own and must reach their workspaces below
  const { tokenFormat, webhookTimeoutMs } = options;
  const simulator = await startSimulator({ dataDir: join(dir, "github"), tokenFormat, webhookTimeoutMs });
  const disk = options.diskMegabytes === undefined ? undefined : smallDisk(join(dir, "data"), options.diskMegabytes);
  const redisServer = disk ? await startKeptRedis(join(dir, "data")) : await startRedis();
  simulator.createUser(MAINTAINER);
  const own: Record<string, string> = options.repositoryFile ? { ".github/orch.yml": options.repositoryFile } : {};
  const repository = await simulator.createRepository({
    owner: MAINTAINER,
    name: "calculator",
    private: options.private,
    files: { ...(options.files ?? CALCULATOR), ...own },
    collaborators: { [MAINTAINER]: "admin" },
  });
  const { number: issue } = await simulator.openIssue(repository, {
    as: MAINTAINER,
    title: "The tests fail",
    body: "Please fix them.",
  });
  const stageDir = await placeAgents(dir);
  const port = await freePort();
  const botUrl = `http://127.0.0.1:${port}`;
  const env = await environment(dir, simulator, redisServer.url, port, await operatorFile(dir, stageDir, options));
  simulator.setWebhookUrl(`${botUrl}/api/github/webhooks`);
  const redisOfBot = (await options.redisOfBot?.(redisServer.port)) ?? redisServer.url;
  const apiPort = options.api ? String(await freePort()) : "";
  const dashboardPort = options.dashboard ? String(await freePort()) : "off";
  const ports = { API_PORT: apiPort, DASHBOARD_PORT: dashboardPort };
  const botEnv = { ...env, REDIS_URL: redisOfBot, BOTS: String(options.bots ?? 1), ...ports };
  const [botFile, hostFile] = await Promise.all([fileOfProgram("src/main"), fileOfProgram("workers/main")]);
  const bot = await startProgram(botFile, botEnv, /is listening on/);
  const otherBot = options.bots === 2 ? await startProgram(botFile, botEnv, /is listening on/) : undefined;
  const redisOfHost = options.sandbox === "none" ? redisServer.socketUrl : redisServer.url;
  const host = await startProgram(
    hostFile,
    { ...env, REDIS_URL: redisOfHost, ...options.hostEnv },
    /worker host ready/,
  );
  const redis = connectRedis(redisServer.url, "test");
  const news = connectBlockingRedis(redisServer.url, "test-news");
  await waitForRedis(redis, 10_000);
  const store = makeTaskStore(redis);
  await news.subscribe(keys.changed, keys.reported);
  // A test that restarts Redis loses news: look at times as well.
  news.setMaxListeners(200);

  async function task(taskId: string, check: (task: Task) => boolean | Promise<boolean>): Promise<Task> {
    for (;;) {
      const heard = Promise.withResolvers<void>();
      const listen = (_channel: string, id: string) => id === taskId && heard.resolve();
      news.on("message", listen);
      const net = setTimeout(heard.resolve, 1_000);
      try {
        const found = await store.read(taskId).catch(() => undefined); // Redis may be away: that is what some tests are about
        if (found && (await check(found))) return found;
        await heard.promise;
      } finally {
        clearTimeout(net);
        news.off("message", listen);
      }
    }
  }

  const isTold = async (taskId: string) =>
    (await redis.zscore(keys.unreported, taskId)) === null || (await store.shown(taskId)).stalled !== undefined;

  const others: Program[] = [];
  async function anotherHost(agents: Record<string, WrittenAgent> = {}): Promise<Program> {
    const nth = others.length + 1;
    const both = { ...options, agents: { ...options.agents, ...agents } };
    const config = await operatorFile(dir, stageDir, both, nth);
    const own = { ORCH_CONFIG: config, ORCH_DATA: dataDirOf(dir, nth), BOT_URL: `unix://${join(dir, "data", "bot")}` };
    const started = await startProgram(hostFile, { ...env, REDIS_URL: redisOfHost, ...own }, /worker host ready/);
    others.push(started);
    return started;
  }

  let places = 0;
  async function place(wishes: Wishes = {}, files: Record<string, string> = {}, owner = MAINTAINER): Promise<Place> {
    places += 1;
    const created = await simulator.createRepository({
      owner,
      name: `calculator-${places}`,
      files: { ...CALCULATOR, ...files, ".github/orch.yml": stringify(wishes) },
      collaborators: { [MAINTAINER]: "admin" },
    });
    const opened = await simulator.openIssue(created, {
      as: MAINTAINER,
      title: "The tests fail",
      body: "Please fix them.",
    });
    return { repository: created, number: opened.number };
  }

  const where = (given: { number?: number; repository?: Repository } = {}) => ({
    repository: given.repository ?? repository,
    number: given.number ?? issue,
  });
  const botComments = (given?: { number?: number; repository?: Repository }) => {
    const { repository: repo, number } = where(given);
    return simulator.state.comments(repo, number).filter((comment) => comment.user.login === simulator.app.botLogin);
  };

  return {
    dir,
    stage: join(stageDir, "shared"),
    simulator,
    redisServer,
    disk,
    redis,
    store,
    bot,
    otherBot,
    host,
    anotherHost,
    hostId: async (nth = 0) => (await readFile(join(dataDirOf(dir, nth), "host", "id"), "utf8")).trim(),
    botUrl,
    apiUrl: `http://127.0.0.1:${apiPort}`,
    dashboardUrl: `http://127.0.0.1:${dashboardPort}`,
    env,
    repository,
    issue,
    place,
    task,
    botComments,
    async command(text, given = {}) {
      const { repository: repo, number } = where(given);
      const { id } = await simulator.comment(repo, number, text, { as: given.as ?? MAINTAINER });
      return { commentId: id, taskId: idOfComment(repo.id, id, given.line) };
    },
    async progress(taskId) {
      const found = await store.read(taskId);
      return found ? progressOf(found) : {};
    },
    async settled(taskId) {
      const { state } = await task(taskId, (each) => each.state.name === "settled");
      if (state.name !== "settled") throw new Error("unreachable: the check was for settled");
      return state.outcome;
    },
    async told(taskId) {
      const { state } = await task(taskId, async (each) => each.state.name === "settled" && (await isTold(taskId)));
      if (state.name !== "settled") throw new Error("unreachable: the check was for settled");
      return state.outcome;
    },
    running: (taskId, phase) =>
      task(taskId, ({ state }) => state.name === "running" && (phase === undefined || state.phase === phase)),
    progressComment: (pattern, given) =>
      simulator.waitFor(() => {
        const marker = given?.task === undefined ? "kind=progress" : `task=${given.task} kind=progress`;
        const found = botComments(given).filter((comment) => comment.body.includes(marker));
        if (found.length > 1)
          throw new Error(
            `there are ${found.length} progress comments:\n${found.map((each) => each.body).join("\n---\n")}`,
          );
        return pattern.test(found[0]?.body ?? "") && found[0]?.body;
      }, 60_000),
    asked({ repository: { fullName }, number: under }) {
      const answered = simulator.requests().filter((each) => each.method === "POST" && each.status > 0);
      const count = (path: string) => answered.filter((each) => each.path === `/repos/${fullName}/${path}`).length;
      return {
        comments: count(`issues/${under}/comments`),
        pulls: count("pulls"),
        "check-runs": count("check-runs"),
      };
    },
    async ready() {
      const giveUpAt = Date.now() + 30_000;
      for (;;) {
        const answer = await fetch(`${botUrl}/readyz`);
        const said = await answer.text();
        if (answer.ok) return;
        if (Date.now() > giveUpAt) throw new Error(`the bot is not ready: ${said}`);
        await delay(50);
      }
    },
    async agentOutput(taskId) {
      const path = join("host", "runs", `${taskId}-*`, "agent-*", "stdout");
      const hosts = [0, ...others.map((_, index) => index + 1)];
      const printed = hosts.flatMap((nth) => globSync(join(dataDirOf(dir, nth), path)));
      return (await Promise.all(printed.map((file) => readFile(file, "utf8").catch(() => "")))).join("");
    },
    letGo: (name = "go") => writeFile(join(stageDir, "shared", name), ""),
    async close() {
      await Promise.all([host, ...others].map((each) => each.stop()));
      await Promise.all([bot.stop(), otherBot?.stop()]);
      redis.disconnect();
      news.disconnect();
      const left = await endTmux(dir);
      try {
        await closeGitHub(simulator);
      } finally {
        await redisServer.stop();
        disk?.remove();
        await rm(dir, { recursive: true, force: true });
      }
      if (left.length > 0) throw new Error(`processes of agents were left behind:\n${left.join("\n")}`);
    },
  };
}

/**
 * The fixtures where every slot's user can reach them, and beside them a folder that agents can read: some wait for a
 * file there before they go on.
 */
async function placeAgents(dir: string): Promise<string> {
  const stage = join(dir, "stage");
  await mkdir(join(stage, "shared"), { recursive: true, mode: 0o755 });
  await cp(FIXTURES, join(stage, "agents"), { recursive: true });
  for (const name of await readdir(join(stage, "agents"))) await chmod(join(stage, "agents", name), 0o755);
  return stage;
}

/** Of the first worker host, or of the n-th other one. */
const dataDirOf = (dir: string, nth: number): string => join(dir, nth === 0 ? "data" : `data-${nth}`);
/** More than a host has slots. */
const UIDS_PER_HOST = 20;
/** Of the user ids of this test process: so many hosts may live at the same time. */
const MOST_HOSTS = 5;
let hostsStarted = 0;

/** Tests that run side by side in this process have hosts side by side. */
function ownUids(): number {
  hostsStarted += 1;
  return ownBaseUid + (hostsStarted % MOST_HOSTS) * UIDS_PER_HOST;
}

async function operatorFile(dir: string, stage: string, options: OrchOptions, nth = 0): Promise<string> {
  const names = (await readdir(join(stage, "agents"))).map((file) => file.replace(/(\.jsonl)?\.\w+$/, ""));
  const files = await readdir(join(stage, "agents"));
  const agents: Record<string, object> = Object.fromEntries(
    names.map((name, index) => [
      name,
      {
        ...(files[index]?.endsWith(".jsonl.sh") ? { kind: "jsonl", sessionPaths: [`.${name}`] } : { kind: "plain" }),
        command: ["/bin/sh", join(stage, "agents", files[index] ?? "")],
        env: { STAGE: join(stage, "shared") },
        readable: [stage],
      },
    ]),
  );
  // STAGE marks their processes, so that none is overlooked at the end.
  for (const [name, { env, ...more }] of Object.entries(options.agents ?? {}))
    agents[name] = { ...more, env: { STAGE: join(stage, "shared"), ...env } };
  const path = join(dir, nth === 0 ? "orch.yml" : `orch-${nth}.yml`);
  const {
    agent = "fixes",
    slots = 2,
    limits = {},
    setup = {},
    verify = {},
    sandbox = "auto",
    onStop,
    onNoAnswer,
    budget,
    roles,
  } = options;
  const operator = {
    agents,
    defaultAgent: agent,
    slots,
    sandbox,
    sandboxBaseUid: ownUids(),
    limits,
    setup,
    verify,
    onStop,
    onNoAnswer,
    budget,
    roles,
  };
  await writeFile(path, stringify(operator));
  return path;
}

async function environment(
  dir: string,
  simulator: Simulator,
  redisUrl: string,
  port: number,
  config: string,
): Promise<Record<string, string>> {
  const key = join(dir, "app.pem");
  await writeFile(key, simulator.app.privateKey, { mode: 0o600 });
  return {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    HOME: process.env.HOME ?? "/",
    APP_ID: String(simulator.app.id),
    PRIVATE_KEY_PATH: key,
    WEBHOOK_SECRET: simulator.app.webhookSecret,
    GHE_HOST: `127.0.0.1:${simulator.port}`,
    GHE_PROTOCOL: "http",
    GITHUB_THROTTLE: "off",
    HOST: "127.0.0.1",
    PORT: String(port),
    REDIS_URL: redisUrl,
    WORKER_SECRET: "test-worker-secret-0123456789abcdef0123456789",
    ORCH_CONFIG: config,
    ORCH_DATA: join(dir, "data"),
    LOG_LEVEL: "debug",
    ...compileCache,
  };
}

/** Ends this test's tmux server and what agents have left, and says what that was. */
async function endTmux(dir: string): Promise<string[]> {
  const left: string[] = [];
  // An agent's own programs, and those that the host starts in its workspace: by their home, or by what a sandbox shows them.
  const folders = [0, 1, 2].flatMap((nth) =>
    ["workspaces", "checks"].map((name) => join(dataDirOf(dir, nth), "host", name)),
  );
  const marks = [`STAGE=${join(dir, "stage")}`, ...folders.map((folder) => `HOME=${folder}/`)];
  const mounted = folders.map((folder) => join(basename(dir), relative(dir, folder), "t"));
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const [command, environ, mounts] = await Promise.all(
      ["cmdline", "environ", "mountinfo"].map((file) => readFile(`/proc/${name}/${file}`, "utf8").catch(() => "")),
    );
    if (marks.some((mark) => environ?.includes(mark)) || mounted.some((mount) => mounts?.includes(mount))) {
      left.push(`${name}: ${command?.replaceAll("\0", " ")}`);
      signalTo(Number(name), "SIGKILL");
    }
    if (command && /^\S*tmux\0/.test(command) && command.includes(`${dir}/`)) signalTo(Number(name), "SIGTERM");
  }
  return left;
}

/** It may just have ended with another one. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
