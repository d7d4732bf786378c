/**
 * Everything that the environment may set, read once at start. All problems are found in one pass and told together,
 * each with what to do. Nothing else in Orch reads `process.env` for a setting.
 */
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { normalize } from "node:path";
import type { z } from "zod";
import { botFolderOf, dataDirOf, historyFileOf } from "./data-dir.ts";
import {
  botSettings,
  DEFAULT_PORT,
  hostSettings,
  type LogLevel,
  setUpSettings,
  startSettings,
} from "./settings/environment.ts";

import { type AskingLabels, problemOf } from "./task/labels.ts";

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

export type GitHubServer = { protocol: "https" | "http"; host: string; apiUrl: string; webUrl: string };

/** Where a worker host finds the bot: by the sockets in a folder of its machine, or under an https address. */
export type BotAddress = { kind: "folder"; folder: string } | { kind: "https"; url: string };

export type BotConfig = {
  appId: number;
  privateKey: string;
  webhookSecret: string;
  webhookPath: string;
  github: GitHubServer;
  throttle: boolean;
  labels: AskingLabels;
  commitStatus: boolean;
  host: string;
  port: number;
  /** Other bots of this machine listen on the same port. */
  sharesPort: boolean;
  /** Where other programs ask; undefined: nowhere. `url`: under which they reach it, where that is another address. */
  api: { host: string; port: number; url: string | undefined } | undefined;
  redisUrl: string;
  workerSecret: string;
  /** Worker hosts of this machine find the bot's socket there. */
  botFolder: string;
  /** Where the history of tasks that are over is kept; none: nowhere. */
  historyFile?: string;
  /** What tasks of an agent may cost on average that is chosen by what came of earlier tasks; none: anything. */
  routingMaxCostUsd?: number;
  /** Where Prometheus and autoscalers ask, with this token; none: nowhere. */
  metrics?: { host: string; port: number; token: string };
  /** Where people look at all this; none: nowhere. */
  dashboard?: DashboardConfig;
  /** The collector of traces; none: nobody is told of any. */
  traces?: { endpoint: string; headers: Record<string, string> };
  /** Whether worker hosts of other machines are answered too: on the port, which is behind the operator's TLS proxy. */
  answersHostsOnPort: boolean;
  logLevel: LogLevel;
};

export type DashboardConfig = {
  host: string;
  port: number;
  /** Its public address, where it has one, and the App by which people sign in with GitHub there. */
  signIn?: { url: string; clientId: string; clientSecret: string };
  /** Ids of GitHub accounts that may everything. */
  operators: readonly number[];
};

/** What is needed to lead through registering an App. */
export type SetUpConfig = Pick<BotConfig, "github" | "host" | "port" | "webhookPath"> & {
  webhookUrl?: string;
  /** Public address of the dashboard. */
  dashboardUrl?: string;
};

export type HostConfig = {
  redisUrl: string;
  workerSecret: string;
  bot: BotAddress;
  github: GitHubServer;
  dataDir: string;
  configFile: string | undefined;
  /** The TCP port of the bot on this machine, where it has one here. */
  botPort: number | undefined;
  logLevel: LogLevel;
};

/** Throws ConfigError with every problem at once. */
export function readBotConfig(env: Env): BotConfig {
  const problems: string[] = [];
  const settings = collect(botSettings, env, problems);
  const privateKey = readPrivateKey(env, problems);
  const github = readServer(env, problems);
  if (settings?.GITHUB_THROTTLE === "off" && !isLoopback(github.host)) {
    problems.push("GITHUB_THROTTLE=off is only for a server on this machine: GitHub would block the App");
  }
  if (settings?.METRICS_PORT !== undefined && settings.METRICS_TOKEN === undefined) {
    problems.push("METRICS_TOKEN is missing: METRICS_PORT needs it; make one with `openssl rand -hex 32`");
  }
  if (settings) problems.push(...dashboardProblems(settings));
  const labels = settings && {
    run: settings.LABEL_RUN,
    review: settings.LABEL_REVIEW,
    team: settings.LABEL_TEAM,
    retry: settings.LABEL_RETRY,
    cancel: settings.LABEL_CANCEL,
  };
  const wrongLabels = labels && problemOf(labels);
  if (wrongLabels) problems.push(wrongLabels);
  if (!settings || !labels || !privateKey || problems.length > 0) throw new ConfigError(problems);
  const dataDir = dataDirOf({ ...env, ORCH_DATA: settings.ORCH_DATA });
  const address = botAddressOf(settings.BOT_URL, dataDir);
  return Object.freeze({
    appId: Number(settings.APP_ID),
    privateKey,
    webhookSecret: settings.WEBHOOK_SECRET,
    webhookPath: settings.WEBHOOK_PATH,
    github,
    throttle: settings.GITHUB_THROTTLE === "on",
    labels,
    commitStatus: settings.COMMIT_STATUS === "on",
    host: settings.HOST,
    port: settings.PORT,
    sharesPort: settings.BOTS > 1,
    api:
      settings.API_PORT === undefined
        ? undefined
        : { host: settings.API_HOST, port: settings.API_PORT, url: settings.API_URL?.replace(/\/+$/, "") },
    redisUrl: settings.REDIS_URL,
    workerSecret: settings.WORKER_SECRET,
    botFolder: address.kind === "folder" ? address.folder : botFolderOf(dataDir),
    answersHostsOnPort: address.kind === "https",
    ...(settings.ORCH_HISTORY === "on" && { historyFile: historyFileOf(dataDir) }),
    ...(settings.ROUTING_MAX_COST_USD !== undefined && { routingMaxCostUsd: settings.ROUTING_MAX_COST_USD }),
    ...metricsOf(settings),
    ...dashboardOf(settings),
    ...tracesOf(settings),
    logLevel: settings.LOG_LEVEL,
  });
}

function tracesOf(settings: z.output<typeof botSettings>): Pick<BotConfig, "traces"> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: text } = settings;
  return endpoint === undefined ? {} : { traces: { endpoint, headers: headersIn(text) } };
}

/** Of `OTEL_EXPORTER_OTLP_HEADERS`, by their names. Values are percent-encoded there, as OpenTelemetry has it; one that is not is taken as it stands. */
export function headersIn(text: string | undefined): Record<string, string> {
  const headers = (text?.split(",") ?? []).map((header) => {
    const [name = "", ...value] = header.trim().split("=");
    return [name, decoded(value.join("="))];
  });
  return Object.fromEntries(headers);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function dashboardProblems(settings: z.output<typeof botSettings>): string[] {
  const { DASHBOARD_PORT: port, DASHBOARD_HOST: host, DASHBOARD_URL: url } = settings;
  if (port === "off") return [];
  if (url === undefined) {
    return isLoopback(bracketed(host))
      ? []
      : [
          `DASHBOARD_HOST ${host} can be reached from elsewhere: set DASHBOARD_URL to the https address under which people come, so that they sign in with GitHub; or leave DASHBOARD_HOST unset and come by ssh -L ${port}:127.0.0.1:${port}`,
        ];
  }
  const missing = (name: string, what: string) =>
    `${name} is missing: DASHBOARD_URL needs it; ${what} on the App's settings page`;
  return [
    ...(settings.DASHBOARD_CLIENT_ID ? [] : [missing("DASHBOARD_CLIENT_ID", "it stands")]),
    ...(settings.DASHBOARD_CLIENT_SECRET ? [] : [missing("DASHBOARD_CLIENT_SECRET", "make one")]),
  ];
}

const bracketed = (host: string): string => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);

function dashboardOf(settings: z.output<typeof botSettings>): Pick<BotConfig, "dashboard"> {
  const { DASHBOARD_PORT: port, DASHBOARD_HOST: host, DASHBOARD_URL: url } = settings;
  if (port === "off") return {};
  const { DASHBOARD_CLIENT_ID: clientId, DASHBOARD_CLIENT_SECRET: clientSecret } = settings;
  const signIn = url && clientId && clientSecret && { url: new URL(url).origin, clientId, clientSecret };
  const operators = (settings.DASHBOARD_OPERATORS?.split(",") ?? []).map(Number);
  return { dashboard: { host, port, operators, ...(signIn && { signIn }) } };
}

function metricsOf(settings: z.output<typeof botSettings>): Pick<BotConfig, "metrics"> {
  const { METRICS_HOST: host, METRICS_PORT: port, METRICS_TOKEN: token } = settings;
  return port !== undefined && token !== undefined ? { metrics: { host, port, token } } : {};
}

/** How many bots `npm start` runs. Throws ConfigError. */
export function readBots(env: Env): number {
  const problems: string[] = [];
  const settings = collect(startSettings, env, problems);
  if (!settings) throw new ConfigError(problems);
  return settings.BOTS;
}

/** Before there is an App. Throws ConfigError with every problem at once. */
export function readSetUpConfig(env: Env): SetUpConfig {
  const problems: string[] = [];
  const settings = collect(setUpSettings, env, problems);
  const github = readServer(env, problems);
  if (!settings || problems.length > 0) throw new ConfigError(problems);
  const { HOST: host, PORT: port, WEBHOOK_PATH: webhookPath, WEBHOOK_PROXY_URL: webhookUrl } = settings;
  return { github, host, port, webhookPath, webhookUrl, dashboardUrl: settings.DASHBOARD_URL };
}

/** Throws ConfigError with every problem at once. */
export function readHostConfig(env: Env): HostConfig {
  const problems: string[] = [];
  const settings = collect(hostSettings, env, problems);
  const github = readServer(env, problems);
  if (!settings || problems.length > 0) throw new ConfigError(problems);
  const dataDir = dataDirOf({ ...env, ORCH_DATA: settings.ORCH_DATA });
  const bot = botAddressOf(settings.BOT_URL, dataDir);
  return Object.freeze({
    redisUrl: settings.REDIS_URL,
    workerSecret: settings.WORKER_SECRET,
    bot,
    github,
    dataDir,
    configFile: settings.ORCH_CONFIG,
    botPort: settings.PORT ?? (bot.kind === "folder" ? DEFAULT_PORT : undefined),
    logLevel: settings.LOG_LEVEL,
  });
}

function botAddressOf(url: string | undefined, dataDir: string): BotAddress {
  if (!url) return { kind: "folder", folder: botFolderOf(dataDir) };
  const given = url.replace(/\/+$/, "");
  return given.startsWith("unix://")
    ? { kind: "folder", folder: normalize(given.slice("unix://".length)) }
    : { kind: "https", url: given };
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
  const apiUrl = apiUrlOf(protocol, host);
  return { protocol, host, apiUrl, webUrl: `${protocol}://${host}` };
}

/** GitHub Enterprise Cloud with data residency (acme.ghe.com) has a host for the API as github.com has; a server has a path. */
function apiUrlOf(protocol: "https" | "http", host: string): string {
  if (host === "github.com" || /^[\w-]+\.ghe\.com$/i.test(host)) return `${protocol}://api.${host}`;
  return `${protocol}://${host}/api/v3`;
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}
