import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigError, type Env, readBotConfig, readBots, readHostConfig } from "../src/config.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = rsa.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const dir = mkdtempSync(join(tmpdir(), "orch-config-"));
afterAll(() => rmSync(dir, { recursive: true }));

const GOOD: Env = {
  APP_ID: "123",
  PRIVATE_KEY: PEM,
  WEBHOOK_SECRET: "a-long-enough-secret",
  REDIS_URL: "redis://127.0.0.1:6379",
  WORKER_SECRET: "w".repeat(32),
};

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
const problems = (changes: Env) => problemsOf(() => readBotConfig({ ...GOOD, ...changes }));

test("good settings with their defaults", () => {
  expect(readBotConfig(GOOD)).toMatchObject({
    appId: 123,
    webhookPath: "/api/github/webhooks",
    github: { apiUrl: "https://api.github.com", webUrl: "https://github.com" },
    throttle: true,
    host: "127.0.0.1",
    port: 3000,
    logLevel: "info",
  });
});

test("an empty setting is an unset one", () => {
  expect(readBotConfig({ ...GOOD, PORT: "", LOG_LEVEL: "", GHE_HOST: "" })).toMatchObject({
    port: 3000,
    logLevel: "info",
  });
});

test("all problems are told at once", () => {
  const found = problemsOf(() => readBotConfig({ WEBHOOK_SECRET: "development", PORT: "http" }));
  for (const name of ["APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET", "PORT", "REDIS_URL", "WORKER_SECRET"]) {
    expect(found.filter((problem) => problem.includes(name))).toHaveLength(1);
  }
});

test("what is missing is told together with who reads .env", () => {
  expect(() => readBotConfig({ ...GOOD, APP_ID: "" })).toThrow(
    /start:bot and start:worker take them from the environment/,
  );
  expect(() => readBotConfig({ ...GOOD, APP_ID: "orch" })).not.toThrow(/\.env/);
});

describe("refused", () => {
  test.each<[string, Env, RegExp]>([
    ["Probot's default secret", { WEBHOOK_SECRET: "development" }, /Probot's public default/],
    ["a short secret", { WEBHOOK_SECRET: "short" }, /at least 16/],
    ["an App id that is a name", { APP_ID: "orch" }, /App's number/],
    ["an App id of zero", { APP_ID: "0" }, /App's number/],
    ["a key that is no key", { PRIVATE_KEY: "hello" }, /not a readable PEM key/],
    ["a key file that is not there", { PRIVATE_KEY: "", PRIVATE_KEY_PATH: join(dir, "none.pem") }, /PRIVATE_KEY_PATH/],
    ["a short worker secret", { WORKER_SECRET: "short" }, /at least 32/],
    ["a Redis URL of another kind", { REDIS_URL: "http://127.0.0.1" }, /REDIS_URL must look like/],
    ["plain http to another machine", { GHE_HOST: "github.example.com", GHE_PROTOCOL: "http" }, /clear text/],
    ["no throttle against another machine", { GITHUB_THROTTLE: "off" }, /only for a server on this machine/],
    ["a webhook path without a slash", { WEBHOOK_PATH: "hooks" }, /start with \//],
    ["a port that does not exist", { PORT: "99999" }, /^PORT must be a whole number between 1 and 65535$/],
    ["a port that is no number", { PORT: "http" }, /^PORT must be a whole number between 1 and 65535$/],
    [
      "a dashboard that strangers reach",
      { DASHBOARD_HOST: "0.0.0.0" },
      /^DASHBOARD_HOST 0\.0\.0\.0 can be reached from elsewhere: set DASHBOARD_URL/,
    ],
    [
      "a public dashboard without a client id",
      { DASHBOARD_URL: "https://orch.example.com", DASHBOARD_CLIENT_SECRET: "s".repeat(40) },
      /^DASHBOARD_CLIENT_ID is missing/,
    ],
    [
      "a public dashboard without a client secret",
      { DASHBOARD_URL: "https://orch.example.com", DASHBOARD_CLIENT_ID: "Iv23li" },
      /^DASHBOARD_CLIENT_SECRET is missing/,
    ],
    [
      "a public dashboard without TLS",
      { DASHBOARD_URL: "http://orch.example.com" },
      /^DASHBOARD_URL must look like https/,
    ],
    ["a public dashboard below a path", { DASHBOARD_URL: "https://orch.example.com/orch" }, /without a path/],
    ["operators by name", { DASHBOARD_OPERATORS: "ada" }, /^DASHBOARD_OPERATORS takes numeric ids/],
    [
      "a port of the dashboard that does not exist",
      { DASHBOARD_PORT: "0" },
      /^DASHBOARD_PORT must be a whole number between 1 and 65535, or off$/,
    ],
    ["metrics without a token", { METRICS_PORT: "9464" }, /METRICS_TOKEN is missing/],
    ["a short token for the metrics", { METRICS_TOKEN: "short" }, /METRICS_TOKEN must have at least 32/],
    [
      "a metrics port that does not exist",
      { METRICS_PORT: "0", METRICS_TOKEN: "t".repeat(32) },
      /^METRICS_PORT must be/,
    ],
    ["a collector that is no address", { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, /must look like http/],
    ["an unknown log level", { LOG_LEVEL: "loud" }, /LOG_LEVEL must be one of/],
  ])("%s", (_name, changes, message) => {
    expect(problems(changes)).toEqual([expect.stringMatching(message)]);
  });

  test("a key that is not RSA", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    expect(problems({ PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString() })).toEqual([
      expect.stringContaining("not an RSA key"),
    ]);
  });
});

test.each([
  ["with line breaks written as \\n", PEM.replaceAll("\n", "\\n")],
  ["as base64", Buffer.from(PEM).toString("base64")],
])("the key may be given %s", (_how, PRIVATE_KEY) => {
  expect(readBotConfig({ ...GOOD, PRIVATE_KEY }).privateKey.trim()).toBe(PEM.trim());
});

test("the key may be given as a file", () => {
  const path = join(dir, "app.pem");
  writeFileSync(path, PEM);
  expect(readBotConfig({ ...GOOD, PRIVATE_KEY: "", PRIVATE_KEY_PATH: path }).privateKey.trim()).toBe(PEM.trim());
});

test("there are no metrics unless they are asked for, and there is a history unless it is not wanted", () => {
  expect(readBotConfig(GOOD).metrics).toBeUndefined();
  const token = "t".repeat(32);
  const { metrics } = readBotConfig({ ...GOOD, METRICS_PORT: "9464", METRICS_TOKEN: token });
  expect(metrics).toEqual({ host: "127.0.0.1", port: 9464, token });
  expect(readBotConfig({ ...GOOD, ORCH_DATA: "/data" }).historyFile).toBe("/data/history/history.sqlite");
  expect(readBotConfig({ ...GOOD, ORCH_HISTORY: "off" }).historyFile).toBeUndefined();
});

test("traces go to the collector that is named, with its headers as OpenTelemetry writes them", () => {
  expect(readBotConfig(GOOD).traces).toBeUndefined();
  const endpoint = "http://127.0.0.1:4318";
  const given = {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20k=,x-team=a%",
  };
  expect(readBotConfig({ ...GOOD, ...given }).traces).toEqual({
    endpoint,
    headers: { authorization: "Bearer k=", "x-team": "a%" },
  });
});

test("a server on this machine may be reached by http and without throttle", () => {
  const env = { ...GOOD, GHE_HOST: "127.0.0.1:4000", GHE_PROTOCOL: "http", GITHUB_THROTTLE: "off" };
  expect(readBotConfig(env)).toMatchObject({ throttle: false, github: { apiUrl: "http://127.0.0.1:4000/api/v3" } });
});

test.each([
  ["github.com", "https://api.github.com"],
  ["acme.ghe.com", "https://api.acme.ghe.com"],
  ["github.example.com", "https://github.example.com/api/v3"],
  ["ghe.com.example.org", "https://ghe.com.example.org/api/v3"],
])("the API of %s is at %s", (GHE_HOST, apiUrl) => {
  expect(readBotConfig({ ...GOOD, GHE_HOST }).github).toMatchObject({ apiUrl, webUrl: `https://${GHE_HOST}` });
});

test("one bot has its port for itself, several share it", () => {
  expect([readBots(GOOD), readBotConfig(GOOD).sharesPort]).toEqual([1, false]);
  expect([readBots({ BOTS: "2" }), readBotConfig({ ...GOOD, BOTS: "2" }).sharesPort]).toEqual([2, true]);
  expect(problemsOf(() => readBots({ BOTS: "0" }))).toEqual(["BOTS must be a whole number between 1 and 8"]);
});

test("a worker host needs nothing of the App", () => {
  const { REDIS_URL, WORKER_SECRET } = GOOD;
  const config = readHostConfig({
    REDIS_URL,
    WORKER_SECRET,
    BOT_URL: "https://bot.example.com/",
    ORCH_DATA: "/srv/orch",
  });
  expect(config).toMatchObject({ bot: { kind: "https", url: "https://bot.example.com" }, dataDir: "/srv/orch" });
  expect(problemsOf(() => readHostConfig({ ...GOOD, ORCH_DATA: "data" }))).toEqual([
    expect.stringContaining("absolute path"),
  ]);
});

describe("where bot and worker host meet", () => {
  const meeting = (BOT_URL: string) => {
    const env = { ...GOOD, ORCH_DATA: "/srv/orch", BOT_URL };
    const { botFolder, answersHostsOnPort } = readBotConfig(env);
    return { botFolder, answersHostsOnPort, host: readHostConfig(env).bot };
  };

  test("is a folder of the data folder as long as nothing is said", () => {
    const folder = "/srv/orch/bot";
    expect(meeting("")).toEqual({ botFolder: folder, answersHostsOnPort: false, host: { kind: "folder", folder } });
  });

  test("is the folder that BOT_URL names", () => {
    const folder = "/run/orch";
    expect(meeting("unix:///run/orch/")).toEqual({
      botFolder: folder,
      answersHostsOnPort: false,
      host: { kind: "folder", folder },
    });
  });

  test("is the bot's port where BOT_URL is its https address, and on its own machine the folder besides", () => {
    expect(meeting("https://bot.example.com/orch/")).toEqual({
      botFolder: "/srv/orch/bot",
      answersHostsOnPort: true,
      host: { kind: "https", url: "https://bot.example.com/orch" },
    });
  });

  test.each([
    ["http://127.0.0.1:3000", /must not be http:\/\/.*Leave it unset.*https:\/\//],
    ["HTTP://bot.example.com", /must not be http:\/\//],
    ["unix://run/orch", /must look like/],
    ["bot.example.com", /must look like/],
    ["https://user:password@bot.example.com", /must look like/],
  ])("is never %s, for neither of them", (BOT_URL, message) => {
    const env = { ...GOOD, BOT_URL };
    for (const read of [readBotConfig, readHostConfig])
      expect(problemsOf(() => read(env))).toEqual([expect.stringMatching(message)]);
  });
});

test("the dashboard is on this machine unless it has a public address, and can be switched off", () => {
  expect(readBotConfig(GOOD).dashboard).toEqual({ host: "127.0.0.1", port: 3001, operators: [] });
  expect(readBotConfig({ ...GOOD, DASHBOARD_PORT: "off", DASHBOARD_HOST: "0.0.0.0" }).dashboard).toBeUndefined();
  const signIn = { DASHBOARD_CLIENT_ID: "Iv23li", DASHBOARD_CLIENT_SECRET: "s".repeat(40) };
  const config = { ...GOOD, ...signIn, DASHBOARD_URL: "https://orch.example.com/", DASHBOARD_OPERATORS: "1, 22" };
  expect(readBotConfig({ ...config, DASHBOARD_HOST: "0.0.0.0" }).dashboard).toEqual({
    host: "0.0.0.0",
    port: 3001,
    operators: [1, 22],
    signIn: { url: "https://orch.example.com", clientId: "Iv23li", clientSecret: "s".repeat(40) },
  });
});
