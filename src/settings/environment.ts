/**
 * The environment's variables by name: what each means, and what it may hold. Blank counts as unset, as in a copied
 * `.env.example`. What the programs make of them is config.ts.
 */
import { z } from "zod";

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
  LABEL_RUN: "Label that asks for what an issue or a pull request says.",
  LABEL_REVIEW: "Label that asks for a review of a pull request.",
  LABEL_TEAM: "Label that asks for that of a team.",
  LABEL_RETRY: "Label that asks for the last task again.",
  LABEL_CANCEL: "Label that cancels the tasks that are not over.",
  COMMIT_STATUS: "on or off (default): set a commit status beside the check run.",
  HOST: "Address to listen on.",
  PORT: "Port to listen on.",
  BOTS: "How many bots `npm start` runs, 1 (default) to 8; they share the port.",
  WEBHOOK_PATH: "Path of the webhook URL.",
  API_PORT: "Port for other programs (docs/api.md). Unset: there is none.",
  API_HOST: "Address to listen on for other programs.",
  API_URL: "Under which other programs reach that, where it is behind a proxy: its https address.",
  WEBHOOK_PROXY_URL: "Public https address of the webhook, used once: when `npm start` registers the App.",
  ORCH_HISTORY: "on (default) or off: keep a history of tasks that are over, in ORCH_DATA.",
  ROUTING_MAX_COST_USD:
    "Where a repository has agents chosen by what came of earlier tasks: none whose tasks cost more than that on average.",
  METRICS_PORT: "Port for Prometheus and autoscalers; unset: there are no metrics.",
  METRICS_HOST: "Address for them to reach, 127.0.0.1 by default.",
  METRICS_TOKEN: "What they show as a bearer token, at least 32 characters.",
  DASHBOARD_PORT: "Port of the dashboard, 3001 by default; off: there is none.",
  DASHBOARD_HOST: "Address that it listens on, 127.0.0.1 by default.",
  DASHBOARD_URL: "Public https address of the dashboard: people sign in with GitHub there.",
  DASHBOARD_CLIENT_ID: "The App's client id, by which they do.",
  DASHBOARD_CLIENT_SECRET: "A client secret of the App.",
  DASHBOARD_OPERATORS: "Who of them may everything: numeric ids of GitHub accounts, with commas between.",
  OTEL_EXPORTER_OTLP_ENDPOINT: "Where traces are sent by OTLP over HTTP; unset: nowhere.",
  OTEL_EXPORTER_OTLP_HEADERS: "What is sent along, e.g. a key: name=value, with commas between.",
  LOG_LEVEL: "trace, debug, info, warn, error, fatal or silent.",
  REDIS_URL: "Redis with AOF and noeviction. Unset: `npm start` runs one of its own in ORCH_DATA.",
  WORKER_SECRET: "Shared by bot and worker hosts, at least 32 characters. Unset: `npm start` makes one.",
  BOT_URL: "Where worker hosts reach the bot: unix:///folder on its machine, its https address elsewhere.",
  ORCH_CONFIG: "The operator's YAML file: agents, limits, sandbox.",
  ORCH_DATA: "Folder for everything that Orch keeps on this machine.",
} as const;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const blankIsUnset = (value: unknown) => (value === "" ? undefined : value);
const optional = <T extends z.ZodType>(type: T) => z.preprocess(blankIsUnset, type.optional());
const withDefault = <T extends z.ZodType>(type: T, value: z.input<T>) =>
  z.preprocess((given) => blankIsUnset(given) ?? value, type);

const portRange = "PORT must be a whole number between 1 and 65535";
/** Where a bot listens whose PORT is unset. */
export const DEFAULT_PORT = 3_000;
/** Where its dashboard is, unless that is said. */
const DEFAULT_DASHBOARD_PORT = 3_001;
// 0 is for tests: the system chooses.
const port = z.coerce.number(portRange).int(portRange).min(0, portRange).max(65_535, portRange);
const apiPortRange = "API_PORT must be a whole number between 1 and 65535";
const apiPort = z.coerce.number(apiPortRange).int(apiPortRange).min(0, apiPortRange).max(65_535, apiPortRange);
const metricsPortRange = "METRICS_PORT must be a whole number between 1 and 65535";
const metricsPort = z.coerce
  .number(metricsPortRange)
  .int(metricsPortRange)
  .min(1, metricsPortRange)
  .max(65_535, metricsPortRange);
const dashboardPortRange = "DASHBOARD_PORT must be a whole number between 1 and 65535, or off";
const dashboardPort = z.union(
  [
    z.literal("off"),
    z.coerce
      .number(dashboardPortRange)
      .int(dashboardPortRange)
      .min(1, dashboardPortRange)
      .max(65_535, dashboardPortRange),
  ],
  dashboardPortRange,
);
const routingCostRange = "ROUTING_MAX_COST_USD must be a number of US dollars, above 0 and at most 10000";
const botsRange = "BOTS must be a whole number between 1 and 8";
const bots = z.coerce.number(botsRange).int(botsRange).min(1, botsRange).max(8, botsRange);
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

const isApiUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return /^https?:$/.test(url?.protocol ?? "") && !url?.username && !url?.password && !url?.search && !url?.hash;
};

/** Nothing but scheme and host: cookies and sign-in go by these. */
const isOrigin = (text: string): boolean => {
  const url = URL.parse(text);
  return url?.protocol === "https:" && url.origin === text.replace(/\/$/, "").toLowerCase();
};

const isBotUrl = (text: string): boolean => {
  if (text.startsWith("unix:///")) return true;
  const url = URL.parse(text);
  return url?.protocol === "https:" && !url.username && !url.password && !url.search && !url.hash;
};
const botUrl = z
  .string()
  .refine((url) => !/^http:/i.test(url), {
    error:
      "BOT_URL must not be http://: whoever holds that port would be told the worker secret. Leave it unset where bot and " +
      "worker host share a machine (they meet in ORCH_DATA/bot); elsewhere give the bot's address behind TLS, https://…",
    abort: true,
  })
  .refine(isBotUrl, "BOT_URL must look like https://bot.example.com, or unix:///absolute/folder");

/** GitHub's own bounds for the name of a label. */
const label = (name: string) =>
  z
    .string()
    .trim()
    .regex(/^\P{Cc}{1,50}$/u, `${name} must be the name of a label: 1 to 50 characters`);

const shared = {
  BOT_URL: optional(botUrl),
  ORCH_DATA: optional(z.string().startsWith("/", "ORCH_DATA must be an absolute path")),
  REDIS_URL: z.preprocess(blankIsUnset, redisUrl),
  WORKER_SECRET: z.preprocess(blankIsUnset, workerSecret),
  LOG_LEVEL: withDefault(z.enum(LOG_LEVELS, `LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}`), "info"),
  GHE_HOST: optional(
    z.string().regex(/^[\w.-]+(:\d+)?$/, "GHE_HOST is a host name, optionally with a port: no protocol, no path"),
  ),
  GHE_PROTOCOL: withDefault(z.enum(["https", "http"], "GHE_PROTOCOL is https or http"), "https"),
};

export const botSettings = z.object({
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
  LABEL_RUN: withDefault(label("LABEL_RUN"), "orch"),
  LABEL_REVIEW: withDefault(label("LABEL_REVIEW"), "orch:review"),
  LABEL_TEAM: withDefault(label("LABEL_TEAM"), "orch:team"),
  LABEL_RETRY: withDefault(label("LABEL_RETRY"), "orch:retry"),
  LABEL_CANCEL: withDefault(label("LABEL_CANCEL"), "orch:cancel"),
  COMMIT_STATUS: withDefault(z.enum(["on", "off"], "COMMIT_STATUS is on or off"), "off"),
  HOST: withDefault(z.string(), "127.0.0.1"),
  PORT: withDefault(port, DEFAULT_PORT),
  API_PORT: optional(apiPort),
  API_HOST: withDefault(z.string(), "127.0.0.1"),
  API_URL: optional(z.string().refine(isApiUrl, "API_URL must look like https://orch.example.com")),
  BOTS: withDefault(bots, 1),
  ORCH_HISTORY: withDefault(z.enum(["on", "off"], "ORCH_HISTORY is on or off"), "on"),
  ROUTING_MAX_COST_USD: optional(
    z.coerce.number(routingCostRange).positive(routingCostRange).max(10_000, routingCostRange),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    z
      .string()
      .regex(/^https?:\/\/[^\s@?#]+$/, "OTEL_EXPORTER_OTLP_ENDPOINT must look like http://127.0.0.1:4318 or https://…"),
  ),
  OTEL_EXPORTER_OTLP_HEADERS: optional(
    z
      .string()
      .regex(
        /^[\w-]+=[^,\s]+(,\s*[\w-]+=[^,\s]+)*$/,
        "OTEL_EXPORTER_OTLP_HEADERS must look like name=value,name=value",
      ),
  ),
  METRICS_PORT: optional(metricsPort),
  METRICS_HOST: withDefault(z.string(), "127.0.0.1"),
  METRICS_TOKEN: optional(
    z.string().min(32, "METRICS_TOKEN must have at least 32 characters: make one with `openssl rand -hex 32`"),
  ),
  DASHBOARD_PORT: withDefault(dashboardPort, DEFAULT_DASHBOARD_PORT),
  DASHBOARD_HOST: withDefault(z.string(), "127.0.0.1"),
  DASHBOARD_URL: optional(
    z.string().refine(isOrigin, "DASHBOARD_URL must look like https://orch.example.com, without a path"),
  ),
  DASHBOARD_CLIENT_ID: optional(
    z.string().regex(/^[\w.-]{1,100}$/, "DASHBOARD_CLIENT_ID is the App's client id, as Iv23li…"),
  ),
  DASHBOARD_CLIENT_SECRET: optional(
    z
      .string()
      .regex(
        /^[\x21-\x7e]{16,200}$/,
        "DASHBOARD_CLIENT_SECRET is a client secret of the App, of at least 16 characters",
      ),
  ),
  DASHBOARD_OPERATORS: optional(
    z
      .string()
      .regex(
        /^[1-9]\d{0,15}(\s*,\s*[1-9]\d{0,15})*$/,
        "DASHBOARD_OPERATORS takes numeric ids of GitHub accounts, with commas between: https://api.github.com/users/LOGIN shows them",
      ),
  ),
  GITHUB_THROTTLE: withDefault(z.enum(["on", "off"], "GITHUB_THROTTLE is on or off"), "on"),
});

export type BotSettings = z.output<typeof botSettings>;

/** What `npm start` itself wants to know. */
export const startSettings = botSettings.pick({ BOTS: true });

export const setUpSettings = botSettings
  .pick({ GHE_HOST: true, GHE_PROTOCOL: true, WEBHOOK_PATH: true, HOST: true, PORT: true, DASHBOARD_URL: true })
  .extend({ WEBHOOK_PROXY_URL: optional(z.string()) });

export const hostSettings = z.object({
  ...shared,
  PORT: optional(port),
  ORCH_CONFIG: optional(z.string()),
});
