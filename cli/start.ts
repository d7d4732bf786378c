/**
 * Everything on one machine: an embedded Redis where none is given, the bot or several, and a worker host, each a process of
 * its own. A process that crashes is started again; agents in their sessions do not notice. Stops in reverse order; when this
 * process is killed, the kernel tells the others to stop.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Env } from "../src/config.ts";
import { botFolderOf, dataDirOf } from "../src/data-dir.ts";
import { waitForRoom } from "../workers/disk/room-to-start.ts";
import { dependentProgram } from "./dependent-program.ts";
import { type KeptRedis, keepRedis } from "./keep-redis.ts";
import { NODE_FLAGS } from "./node-flags.ts";
import { programFiles } from "./program-files.ts";

/** A program that ends with this has nothing to gain from being started again (EX_CONFIG of sysexits.h). */
export const EXIT_CONFIG = 78;
const RESTART_MS = 1_000;
/** Bot and worker host finish what they have begun, which is short: a request to GitHub takes 15 s at most. */
const STOP_MS = 30_000;

export type Everything = {
  env: Record<string, string>;
  dataDir: string;
  ended: Promise<number>;
  stop(): Promise<void>;
};

/** Where bot and worker host write: here, nowhere, or into an open file. */
type Output = "inherit" | "ignore" | ["ignore", number, number];

export type StartOptions = { env: Env; stdio?: Output; onStart?: (name: string, pid: number) => void };

/**
 * Starts all and returns; `ended` resolves with an exit code when something ended for good, or after `stop`. Throws
 * AlreadyRunningError when an embedded Redis lives in the data folder already.
 */
export async function startEverything({ env, stdio = "inherit", onStart }: StartOptions): Promise<Everything> {
  const dataDir = dataDirOf(env);
  process.umask(0o022); // slot users must be able to pass the data folder
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const onRedis = (pid: number) => onStart?.("redis", pid);
  const redis = env.REDIS_URL ? undefined : await keepRedis({ dataDir, say, onStart: onRedis });
  await waitForRoom({ dataDir, say });
  const files = programFiles({ asSources: process.env.ORCH_AS_SOURCES === "yes", say });
  const full: Record<string, string> = {
    ...defined(env),
    ORCH_DATA: dataDir,
    REDIS_URL: env.REDIS_URL || redis?.url || "",
    WORKER_SECRET: env.WORKER_SECRET || ownSecret(dataDir),
    PORT: env.PORT || "3000",
    // Compiled once and kept: the next start is faster, and the compiler stays out of memory.
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE || privateFolder(dataDir, "compile-cache"),
  };
  const bots = Array.from({ length: await howManyBots(env) }, () =>
    supervise("bot", { file: () => files.of("src/main"), env: full, stdio, onStart }),
  );
  const hostEnv = { ...full, BOT_URL: besideBot(env, dataDir) };
  const hostFile = () => files.of("workers/main");
  const worker = supervise("worker", { file: hostFile, env: hostEnv, stdio, onStart });
  const ended = Promise.race([
    ...bots.map((bot) => bot.ended),
    worker.ended,
    redis ? redis.ended.then(() => 1) : new Promise<number>(() => undefined),
  ]);
  return { env: full, dataDir, ended, stop: () => stopAll([[worker], bots], redis) };
}

/** The worker host on the bot's own machine goes to its socket, also where the bot has an address for hosts elsewhere. */
function besideBot(env: Env, dataDir: string): string {
  return env.BOT_URL?.startsWith("unix://") ? env.BOT_URL : `unix://${botFolderOf(dataDir)}`;
}

type Supervised = { ended: Promise<number>; stop(): Promise<void> };

/** glibc gives back at once what Node's large buffers took, instead of growing its heap around them. */
const SMALL_BUFFERS = { MALLOC_MMAP_THRESHOLD_: "32768", MALLOC_ARENA_MAX: "1" };

/**
 * The bot knows no operator's file and the worker no App key: each gets only its own settings. Where the key lies the worker
 * is told, so that it gives no agent a folder that holds it.
 */
const WITHHELD: Record<string, readonly string[]> = {
  bot: ["ORCH_CONFIG"],
  worker: [
    "APP_ID",
    "PRIVATE_KEY",
    "WEBHOOK_SECRET",
    "METRICS_TOKEN",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "DASHBOARD_CLIENT_SECRET",
  ],
};

type SuperviseOptions = Pick<StartOptions, "onStart"> & {
  /** Asked before each start. */
  file: () => Promise<string>;
  env: Record<string, string>;
  stdio: Output;
};

function supervise(name: string, { file, env, stdio, onStart }: SuperviseOptions): Supervised {
  const ownEnv = Object.fromEntries(Object.entries(env).filter(([key]) => !WITHHELD[name]?.includes(key)));
  let stopping = false;
  let child: ReturnType<typeof spawn> | undefined;
  const run = async (): Promise<number> => {
    for (;;) {
      const command = dependentProgram([process.execPath, ...NODE_FLAGS, await file()]);
      if (stopping) return 0;
      // Away from the terminal: a Ctrl-C is for the one who started it, who stops all in order.
      child = spawn(command.file, command.args, { env: { ...SMALL_BUFFERS, ...ownEnv }, stdio, detached: true });
      onStart?.(name, child.pid ?? 0);
      const [code] = (await once(child, "exit")) as [number | null];
      if (stopping) return 0;
      if (code === EXIT_CONFIG || code === 0) return code;
      await delay(RESTART_MS);
      if (stopping) return 0;
    }
  };
  const ended = run();
  return {
    ended,
    async stop() {
      stopping = true;
      if (child?.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      // Being killed harms nothing, and one that hangs must not keep everything else from stopping.
      const timer = setTimeout(() => child?.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function stopAll(inOrder: readonly Supervised[][], redis: KeptRedis | undefined): Promise<void> {
  for (const together of inOrder) await Promise.all(together.map((each) => each.stop()));
  await redis?.stop();
}

function privateFolder(dataDir: string, name: string): string {
  const path = join(dataDir, name);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** One, mostly: what reads the settings is held in memory only where it is needed. */
async function howManyBots(env: Env): Promise<number> {
  if (!env.BOTS) return 1;
  const { readBots } = await import("../src/config.ts");
  return readBots(env);
}

function ownSecret(dataDir: string): string {
  const path = join(dataDir, "worker-secret");
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx" });
  return readFileSync(path, "utf8").trim();
}

function defined(env: Env): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
