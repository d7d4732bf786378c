/**
 * Everything that the environment may set, read once at start. All problems are found in one pass and told together,
 * each with what to do. Nothing else in Orch reads `process.env` for a setting.
 */
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

export type Env = Record<string, string | undefined>;

const WHERE_FROM =
  "`npm start` and `npm run orch` read them from .env too; start:bot and start:worker take them from the environment alone.";

export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    const hint = problems.some((problem) => /^[A-Z_]+ is missing/.test(problem)) ? `\n${WHERE_FROM}` : "";
    super(`The settings are not usable:\n${problems.map((problem) => `  - ${problem}`).join("\n")}${hint}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** A setting's meaning. `.env.example` documents the same names; a test compares the two. */
export const SETTINGS = {
  APP_ID: "Number of the GitHub App, from its settings page.",
  PRIVATE_KEY: "The App's private key: the PEM text, with real line breaks or \\n, or base64 of it.",
  PRIVATE_KEY_PATH: "File that holds the App's private key; used when PRIVATE_KEY is unset.",
  WEBHOOK_SECRET: "The webhook secret of the App, at least 16 characters.",
  GHE_HOST: "Host of a GitHub Enterprise Server, without protocol; unset = github.com.",
  GHE_PROTOCOL: "https (default) or http; http is for a server on this machine only.",
  GITHUB_THROTTLE:
    "on (default) or off: keep writes to GitHub one second apart. off only for a server on this machine.",
  HOST: "Address to listen on.",
  PORT: "Port to listen on.",
  WEBHOOK_PATH: "Path of the webhook URL.",
  WEBHOOK_PROXY_URL: "Public https address of the webhook, used once: when `npm start` registers the App.",
  LOG_LEVEL: "trace, debug, info, warn, error, fatal or silent.",
  REDIS_URL: "Redis with AOF and noeviction. Unset: `npm start` runs one of its own in ORCH_DATA.",
  WORKER_SECRET: "Shared by bot and worker hosts, at least 32 characters. Unset: `npm start` makes one.",
  BOT_URL: "Where a worker host reaches the bot.",
  ORCH_CONFIG: "The operator's YAML file: agents, limits, sandbox.",
  ORCH_DATA: "Folder for everything that Orch keeps on this machine.",
} as const;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type GitHubServer = { protocol: "https" | "http"; host: string; apiUrl: string; webUrl: string };

export type BotConfig = {
  appId: number;
  privateKey: string;
  webhookSecret: string;
  webhookPath: string;
  github: GitHubServer;
  throttle: boolean;
  host: string;
  port: number;
  redisUrl: string;
  workerSecret: string;
  logLevel: LogLevel;
};

/** What is needed to lead through registering an App. */
export type SetUpConfig = Pick<BotConfig, "github" | "host" | "port" | "webhookPath"> & { webhookUrl?: string };

export type HostConfig = {
  redisUrl: string;
  workerSecret: string;
  botUrl: string;
  github: GitHubServer;
  dataDir: string;
  configFile: string | undefined;
  logLevel: LogLevel;
};

const blankIsUnset = (value: unknown) => (value === "" ? undefined : value);
const optional = <T extends z.ZodType>(type: T) => z.preprocess(blankIsUnset, type.optional());
const withDefault = <T extends z.ZodType>(type: T, value: z.input<T>) =>
  z.preprocess((given) => blankIsUnset(given) ?? value, type);

const portRange = "PORT must be a whole number between 1 and 65535";
// 0 is for tests: the system chooses.
const port = z.coerce.number(portRange).int(portRange).min(0, portRange).max(65_535, portRange);
const redisUrl = z
  .string("REDIS_URL is missing: e.g. redis://127.0.0.1:6379")
  .regex(/^(rediss?:\/\/|unix:\/\/\/)\S+$/, {
    error: "REDIS_URL must look like redis://127.0.0.1:6379, rediss://… or unix:///path/to/redis.sock",
  });
const workerSecret = z
  .string("WORKER_SECRET is missing: make one with `openssl rand -hex 32` and give it to bot and worker hosts alike")
  .min(32, "WORKER_SECRET must have at least 32 characters: make one with `openssl rand -hex 32`");
const webhookSecret = z
  .string("WEBHOOK_SECRET is missing: it is the secret on the App's settings page")
  .refine((secret) => secret !== "development", {
    error: "WEBHOOK_SECRET is Probot's public default: anybody could sign deliveries with it",
    abort: true,
  })
  .refine(
    (secret) => secret.length >= 16,
    "WEBHOOK_SECRET must have at least 16 characters: make one with `openssl rand -hex 20`",
  );

const shared = {
  REDIS_URL: z.preprocess(blankIsUnset, redisUrl),
  WORKER_SECRET: z.preprocess(blankIsUnset, workerSecret),
  LOG_LEVEL: withDefault(z.enum(LOG_LEVELS, `LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}`), "info"),
  GHE_HOST: optional(
    z.string().regex(/^[\w.-]+(:\d+)?$/, "GHE_HOST is a host name, optionally with a port: no protocol, no path"),
  ),
  GHE_PROTOCOL: withDefault(z.enum(["https", "http"], "GHE_PROTOCOL is https or http"), "https"),
};

const botSettings = z.object({
  ...shared,
  APP_ID: z.preprocess(
    blankIsUnset,
    z
      .string("APP_ID is missing: it is the number on the App's settings page")
      .regex(/^[1-9]\d*$/, "APP_ID must be the App's number, not its name or client id"),
  ),
  PRIVATE_KEY: optional(z.string()),
  PRIVATE_KEY_PATH: optional(z.string()),
  WEBHOOK_SECRET: z.preprocess(blankIsUnset, webhookSecret),
  WEBHOOK_PATH: withDefault(z.string().startsWith("/", "WEBHOOK_PATH must start with /"), "/api/github/webhooks"),
  HOST: withDefault(z.string(), "127.0.0.1"),
  PORT: withDefault(port, "3000"),
  GITHUB_THROTTLE: withDefault(z.enum(["on", "off"], "GITHUB_THROTTLE is on or off"), "on"),
});

const setUpSettings = botSettings
  .pick({ GHE_HOST: true, GHE_PROTOCOL: true, WEBHOOK_PATH: true, HOST: true, PORT: true })
  .extend({ WEBHOOK_PROXY_URL: optional(z.string()) });

const hostSettings = z.object({
  ...shared,
  BOT_URL: withDefault(z.url("BOT_URL must be a URL such as https://bot.example.com"), "http://127.0.0.1:3000"),
  ORCH_DATA: optional(z.string().startsWith("/", "ORCH_DATA must be an absolute path")),
  ORCH_CONFIG: optional(z.string()),
});

/** Throws ConfigError with every problem at once. */
export function readBotConfig(env: Env): BotConfig {
  const problems: string[] = [];
  const settings = collect(botSettings, env, problems);
  const privateKey = readPrivateKey(env, problems);
  const github = readServer(env, problems);
  if (settings?.GITHUB_THROTTLE === "off" && !isLoopback(github.host)) {
    problems.push("GITHUB_THROTTLE=off is only for a server on this machine: GitHub would block the App");
  }
  if (!settings || !privateKey || problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    appId: Number(settings.APP_ID),
    privateKey,
    webhookSecret: settings.WEBHOOK_SECRET,
    webhookPath: settings.WEBHOOK_PATH,
    github,
    throttle: settings.GITHUB_THROTTLE === "on",
    host: settings.HOST,
    port: settings.PORT,
    redisUrl: settings.REDIS_URL,
    workerSecret: settings.WORKER_SECRET,
    logLevel: settings.LOG_LEVEL,
  });
}

/** Before there is an App. Throws ConfigError with every problem at once. */
export function readSetUpConfig(env: Env): SetUpConfig {
  const problems: string[] = [];
  const settings = collect(setUpSettings, env, problems);
  const github = readServer(env, problems);
  if (!settings || problems.length > 0) throw new ConfigError(problems);
  const { HOST: host, PORT: port, WEBHOOK_PATH: webhookPath, WEBHOOK_PROXY_URL: webhookUrl } = settings;
  return { github, host, port, webhookPath, webhookUrl };
}

/** Throws ConfigError with every problem at once. */
export function readHostConfig(env: Env): HostConfig {
  const problems: string[] = [];
  const settings = collect(hostSettings, env, problems);
  const github = readServer(env, problems);
  if (!settings || problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    redisUrl: settings.REDIS_URL,
    workerSecret: settings.WORKER_SECRET,
    botUrl: settings.BOT_URL.replace(/\/$/, ""),
    github,
    dataDir: settings.ORCH_DATA ?? defaultDataDir(env),
    configFile: settings.ORCH_CONFIG,
    logLevel: settings.LOG_LEVEL,
  });
}

/** Where Orch keeps things when ORCH_DATA is unset: the system's place for root, the user's own for everybody else. */
export function defaultDataDir(env: Env): string {
  if (process.getuid?.() === 0) return "/var/lib/orch";
  return join(env.XDG_DATA_HOME ?? join(env.HOME ?? homedir(), ".local", "share"), "orch");
}

function collect<T extends z.ZodType>(schema: T, env: Env, problems: string[]): z.output<T> | undefined {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  problems.push(...parsed.error.issues.map((issue) => issue.message));
  return undefined;
}

/** The App's key as PEM. Probot passes a bad key over in silence; here it is a problem with its reason. */
function readPrivateKey(env: Env, problems: string[]): string | undefined {
  const text = env.PRIVATE_KEY?.trim() || readKeyFile(env.PRIVATE_KEY_PATH, problems);
  if (text === undefined) {
    if (!env.PRIVATE_KEY_PATH)
      problems.push(
        "PRIVATE_KEY is missing: give the App's key, or PRIVATE_KEY_PATH with the .pem file you downloaded",
      );
    return undefined;
  }
  const unescaped = text.replaceAll("\\n", "\n");
  const pem = unescaped.startsWith("-----BEGIN") ? unescaped : Buffer.from(text, "base64").toString("utf8");
  try {
    if (createPrivateKey(pem).asymmetricKeyType === "rsa") return pem;
    problems.push("PRIVATE_KEY is not an RSA key: download the App's key again from its settings page");
  } catch {
    problems.push(
      "PRIVATE_KEY is not a readable PEM key: check that the line breaks survived (use PRIVATE_KEY_PATH if in doubt)",
    );
  }
  return undefined;
}

function readKeyFile(path: string | undefined, problems: string[]): string | undefined {
  if (!path) return undefined;
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    problems.push(`PRIVATE_KEY_PATH: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function readServer(env: Env, problems: string[]): GitHubServer {
  const host = env.GHE_HOST || "github.com";
  const protocol = env.GHE_PROTOCOL === "http" ? "http" : "https";
  if (protocol === "http" && !isLoopback(host)) {
    problems.push(
      "GHE_PROTOCOL=http is only for a server on this machine: tokens would cross the network in clear text",
    );
  }
  const apiUrl = env.GHE_HOST ? `${protocol}://${host}/api/v3` : "https://api.github.com";
  return { protocol, host, apiUrl, webUrl: `${protocol}://${host}` };
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}
