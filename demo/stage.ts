/**
 * Sets a stage: a GitHub on loopback, everything that `npm start` runs, a sample repository with failing tests, and the
 * people who play in it. Real processes and real programs; only GitHub is simulated.
 */
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Everything, startEverything } from "../cli/start.ts";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { makeLog } from "../src/log.ts";
import { openNetwork } from "../workers/network/network.ts";
import { chooseDriver, SandboxError } from "../workers/sandbox/sandbox.ts";
import { proxyUid, slotUsers } from "../workers/sandbox/slot-users.ts";
import { BLOCKED_ON_PURPOSE, findOwnAgent, ownAgents, SCRIPTED, scriptedAgent } from "./agents.ts";
import type { CleanUp } from "./clean-up.ts";
import { freePort } from "./free-port.ts";

export type Stage = {
  dir: string;
  simulator: Simulator;
  everything: Everything;
  repository: Awaited<ReturnType<Simulator["createRepository"]>>;
  issue: number;
  agent: string;
  sandbox: "bwrap" | "none";
  /** Where the bot says how it is. */
  botUrl: string;
  /** Where the dashboard is, should there be one. */
  dashboardUrl?: string;
  /** Why the sandbox is off, when it is. */
  sandboxProblem?: string;
  /** The one place that the agent tries on purpose and a sandbox keeps it from; undefined where it is an operator's agent. */
  forbidden?: string;
  /** Process ids by name: redis, bot, worker. */
  pids: ReadonlyMap<string, number>;
  /** The last lines that bot and worker host wrote to explain an end, or else the last of their log. */
  lastWords(): string;
};

export type StageOptions = {
  cleanUp: CleanUp;
  /** One of the operator's own (in ORCH_CONFIG) instead of the scripted one. */
  agent?: string;
  /** How long the scripted agent waits after each thing it says, ms. */
  pauseMs?: number;
  /** The scripted agent asks a person before it begins. */
  asks?: boolean;
  /** The scripted agent plays a team, in a repository of its own. */
  team?: boolean;
  /** Bot and worker host write into this terminal. */
  showLogs?: boolean;
  /** There is a dashboard to look at. */
  dashboard?: boolean;
};

export const MAINTAINER = "maintainer";
const run = promisify(execFile);
/** User ids of this demo alone: a real worker host on the same machine has its own agents, which are none of ours. */
const BASE_UID = 500_000_000 + (process.pid % 1_000_000) * 200;
/** Kept between demos, beside the packages: the second one starts faster. */
const COMPILE_CACHE = fileURLToPath(new URL("../node_modules/.cache/orch-compile", import.meta.url));
const SAMPLE: Sample = {
  dir: fileURLToPath(new URL("sample-repository", import.meta.url)),
  title: "The tests fail on main",
  body: "`npm test` is red since yesterday. Whoever finds the bugs: please fix the code, the tests are right.",
};
const TEAM_SAMPLE: Sample = {
  dir: fileURLToPath(new URL("team-repository", import.meta.url)),
  title: "Discounts, shipping and an invoice",
  body: "Orders are only summed up so far. We need discounts in percent, shipping costs, and an invoice with all of it.",
};

/** A repository, and the issue in it. */
type Sample = { dir: string; title: string; body: string };

/** Everything that it leaves behind is given to `cleanUp` as soon as it is there. */
export async function setStage({
  cleanUp,
  agent,
  pauseMs = 0,
  asks = false,
  team = false,
  showLogs = false,
  dashboard = false,
}: StageOptions): Promise<Stage> {
  const own = agent === undefined ? undefined : findOwnAgent(agent, process.env.ORCH_CONFIG);
  const dir = mkdtempSync(join(tmpdir(), "orch-demo-"));
  cleanUp.add(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  chmodSync(dir, 0o711); // agents run as users of their own and must reach their workspaces below
  const { sandbox, sandboxProblem } = await tryOutSandbox(dir);
  const circumstances = { sandbox, sandboxProblem, baseUid: BASE_UID };
  const config = join(dir, "orch.yml");
  const file =
    agent && own ? ownAgents(agent, own, circumstances) : scriptedAgent(dir, { pauseMs, asks, team }, circumstances);
  writeFileSync(config, file);
  const simulator = await startSimulator({ dataDir: join(dir, "github") });
  cleanUp.add(() => simulator.close());
  const { repository, issue } = await makeRepository(simulator, team ? TEAM_SAMPLE : SAMPLE);
  const port = await freePort();
  const botUrl = `http://127.0.0.1:${port}`;
  simulator.setWebhookUrl(`${botUrl}/api/github/webhooks`);
  const dashboardUrl = dashboard ? `http://127.0.0.1:${await freePort()}` : undefined;
  const pids = new Map<string, number>();
  cleanUp.add(() => endSessions(join(dir, "data", "host", "tmux")));
  const logs = openLogs(dir);
  const everything = await startEverything({
    env: {
      ...settings(dir, simulator, port, config),
      DASHBOARD_PORT: dashboardUrl === undefined ? "off" : new URL(dashboardUrl).port,
      DASHBOARD_HOST: "",
      DASHBOARD_URL: "",
    },
    stdio: showLogs ? "inherit" : ["ignore", logs.out, logs.errors],
    onStart: (name, pid) => pids.set(name, pid),
  });
  cleanUp.add(() => everything.stop());
  const { lastWords } = logs;
  return {
    dir,
    simulator,
    everything,
    botUrl,
    dashboardUrl,
    repository,
    issue,
    agent: agent ?? SCRIPTED,
    sandbox,
    sandboxProblem,
    forbidden: own || team ? undefined : BLOCKED_ON_PURPOSE,
    pids,
    lastWords,
  };
}

async function makeRepository(simulator: Simulator, { dir, title, body }: Sample) {
  const maintainer = simulator.createUser(MAINTAINER);
  const repository = await simulator.createRepository({
    owner: maintainer.login,
    name: "bicycle-shop",
    files: readSample(dir),
  });
  const { number } = await simulator.openIssue(repository, {
    as: MAINTAINER,
    title,
    body,
  });
  return { repository, issue: number };
}

/** What bot and worker host write: their log on standard output, and why they could not go on. */
function openLogs(dir: string) {
  const files = [join(dir, "errors.txt"), join(dir, "log.jsonl")] as const;
  const [errors, out] = files.map((file) => openSync(file, "a")) as [number, number];
  const lastWords = () => {
    const texts = files.map((file) => readFileSync(file, "utf8").trim());
    return (texts.find((text) => text !== "") ?? "").split("\n").slice(-12).join("\n");
  };
  return { errors, out, lastWords };
}

function settings(dir: string, simulator: Simulator, port: number, config: string): Record<string, string> {
  const keyFile = join(dir, "app.pem");
  writeFileSync(keyFile, simulator.app.privateKey, { mode: 0o600 });
  const passed = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return {
    ...passed,
    APP_ID: String(simulator.app.id),
    PRIVATE_KEY: "",
    PRIVATE_KEY_PATH: keyFile,
    WEBHOOK_SECRET: simulator.app.webhookSecret,
    WEBHOOK_PATH: "/api/github/webhooks",
    GHE_HOST: `127.0.0.1:${simulator.port}`,
    GHE_PROTOCOL: "http",
    GITHUB_THROTTLE: "off",
    HOST: "127.0.0.1",
    PORT: String(port),
    BOT_URL: "",
    REDIS_URL: "",
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    WORKER_SECRET: "",
    ORCH_CONFIG: config,
    ORCH_DATA: join(dir, "data"),
    LOG_LEVEL: process.env.LOG_LEVEL ?? "info",
  };
}

/** The scripted agent is ours and harmless, so the demo goes on without a sandbox where the machine allows none, and says so. */
async function tryOutSandbox(dir: string): Promise<Pick<Stage, "sandbox" | "sandboxProblem">> {
  try {
    const users = await slotUsers(1, process.getuid?.() ?? 0, BASE_UID);
    const log = makeLog("silent", "demo");
    const network = await openNetwork({ dir: join(dir, "network-trial"), uid: proxyUid(users), log });
    try {
      await chooseDriver({ mode: "auto", dir: join(dir, "sandbox-trial"), users, network });
    } finally {
      network.release();
    }
    return { sandbox: "bwrap" };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return { sandbox: "none", sandboxProblem: error.message };
  }
}

function readSample(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(dir, path), readFileSync(path, "utf8")];
    }),
  );
}

/** A worker host leaves its sessions to its next life; a demo has none. */
async function endSessions(tmuxDir: string): Promise<void> {
  const sockets = (await readdir(tmuxDir).catch(() => [])).filter((name) => name.startsWith("orch-"));
  await Promise.all(
    sockets.map((name) => run("tmux", ["-S", join(tmuxDir, name), "kill-server"]).catch(() => undefined)),
  );
}
