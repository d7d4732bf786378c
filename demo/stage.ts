/**
 * Sets a stage: a GitHub on loopback, everything that `npm start` runs, a sample repository with failing tests, and the
 * people who play in it. Real processes and real programs; only GitHub is simulated.
 */

import { execFile } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { type Everything, startEverything } from "../cli/start.ts";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { chooseDriver, SandboxError } from "../workers/sandbox/sandbox.ts";
import { slotUsers } from "../workers/sandbox/slot-users.ts";
import { freePort } from "./free-port.ts";
import { placeProgram } from "./place-program.ts";

export type Stage = {
  dir: string;
  simulator: Simulator;
  everything: Everything;
  repository: Awaited<ReturnType<Simulator["createRepository"]>>;
  issue: number;
  agent: string;
  sandbox: "bwrap" | "none";
  /** Why the sandbox is off, when it is. */
  sandboxProblem?: string;
  /** Process ids by name: redis, bot, worker. */
  pids: ReadonlyMap<string, number>;
  clear(): Promise<void>;
};

export const MAINTAINER = "maintainer";
const run = promisify(execFile);
/** User ids of this demo alone: a real worker host on the same machine has its own agents, which are none of ours. */
const BASE_UID = 500_000_000 + (process.pid % 1_000_000) * 200;
/** Kept between demos, beside the packages: the second one starts faster. */
const COMPILE_CACHE = fileURLToPath(new URL("../node_modules/.cache/orch-compile", import.meta.url));
const SAMPLE = fileURLToPath(new URL("sample-repository", import.meta.url));
const SCRIPTED_AGENT = fileURLToPath(new URL("../agents/scripted", import.meta.url));

/** `agent`: one of the operator's own (in ORCH_CONFIG) instead of the scripted one. */
export async function setStage({
  agent,
  logFile,
}: {
  agent?: string;
  logFile?: "inherit" | "ignore";
} = {}): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), "orch-demo-"));
  chmodSync(dir, 0o711); // agents run as users of their own and must reach their workspaces below
  const simulator = await startSimulator({ dataDir: join(dir, "github") });
  const maintainer = simulator.createUser(MAINTAINER);
  const repository = await simulator.createRepository({
    owner: maintainer.login,
    name: "bicycle-shop",
    files: readSample(SAMPLE),
    collaborators: { [MAINTAINER]: "admin" },
  });
  const { number } = await simulator.openIssue(repository, {
    as: MAINTAINER,
    title: "The tests fail on main",
    body: "`npm test` is red since yesterday. Whoever finds the bugs: please fix the code, the tests are right.",
  });
  const { sandbox, sandboxProblem } = await tryOutSandbox(dir);
  const config = join(dir, "orch.yml");
  writeFileSync(config, agent ? ownAgents(agent, sandbox) : scriptedAgent(stageTools(dir), sandbox));
  const port = await freePort();
  simulator.setWebhookUrl(`http://127.0.0.1:${port}/api/github/webhooks`);
  const pids = new Map<string, number>();
  const everything = await startEverything({
    env: settings(dir, simulator, port, config),
    stdio: logFile ?? "ignore",
    onStart: (name, pid) => pids.set(name, pid),
  });
  return {
    dir,
    simulator,
    everything,
    repository,
    issue: number,
    agent: agent ?? "scripted",
    sandbox,
    sandboxProblem,
    pids,
    async clear() {
      await everything.stop();
      await endSessions(join(dir, "data", "host", "tmux"));
      await simulator.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
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
    BOT_URL: `http://127.0.0.1:${port}`,
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
    await chooseDriver({ mode: "auto", dir: join(dir, "sandbox-trial"), users });
    return { sandbox: "bwrap" };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return { sandbox: "none", sandboxProblem: error.message };
  }
}

/**
 * The agent's program and a Node to run it, in a place that an agent's user can reach: a checkout below /root cannot be
 * reached, and the machine's own Node may be too old or somewhere private.
 */
function stageTools(dir: string): string {
  const tools = join(dir, "tools");
  mkdirSync(join(tools, "bin"), { recursive: true, mode: 0o755 });
  placeProgram(process.execPath, join(tools, "bin", "node"));
  cpSync(SCRIPTED_AGENT, join(tools, "scripted"), { recursive: true });
  for (const name of readdirSync(join(tools, "scripted"))) chmodSync(join(tools, "scripted", name), 0o644);
  return tools;
}

function scriptedAgent(tools: string, sandbox: "bwrap" | "none"): string {
  const scripted = {
    kind: "jsonl",
    command: [join(tools, "bin", "node"), join(tools, "scripted", "agent.mjs")],
    env: { PATH: `${join(tools, "bin")}:/usr/local/bin:/usr/bin:/bin` },
    readable: [tools],
  };
  return stringify({ agents: { scripted }, sandbox: sandbox === "none" ? "none" : "auto", sandboxBaseUid: BASE_UID });
}

/** The operator's own file, with the chosen agent as the default. */
function ownAgents(agent: string, sandbox: "bwrap" | "none"): string {
  const path = process.env.ORCH_CONFIG;
  if (!path) throw new Error(`--agent ${agent} needs ORCH_CONFIG: the YAML file in which this agent is defined`);
  const file = parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  if (sandbox === "none" && file.sandbox !== "none") {
    throw new Error(
      "The sandbox does not work on this machine, and a real agent is not started without one unless the file says sandbox: none",
    );
  }
  return stringify({ ...file, defaultAgent: agent, sandboxBaseUid: BASE_UID });
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
