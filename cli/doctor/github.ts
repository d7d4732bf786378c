/**
 * Does GitHub answer, know the App by its key, and let it do what `app.yml` asks for? One request with the App's own
 * signature; nothing is changed.
 */
import { readFileSync } from "node:fs";
import { Probot } from "probot";
import { parse } from "yaml";
import { z } from "zod";
import { type BotConfig, ConfigError, type Env, readBotConfig } from "../../src/config.ts";
import { makeLog } from "../../src/log.ts";
import { type Check, note, ok, problem, reasonOf } from "./check.ts";
import { completed } from "./role.ts";

const ANSWER_MS = 5_000;

const manifestSchema = z.object({
  default_events: z.array(z.string()),
  default_permissions: z.record(z.string(), z.enum(["read", "write"])),
});
const appSchema = z.object({
  name: z.string(),
  html_url: z.string(),
  events: z.array(z.string()),
  permissions: z.record(z.string(), z.string()),
  installations_count: z.number().optional(),
});
type App = z.output<typeof appSchema>;

export async function checkGitHub(env: Env): Promise<Check[]> {
  const config = readConfig(env);
  if (!config) return [note("GitHub", "not asked: the App's settings are not usable yet")];
  const asked = await askForApp(config).catch((error: unknown) => error);
  const app = appSchema.safeParse(asked);
  if (!app.success) return [refusal(config.github.apiUrl, asked)];
  return [ok("GitHub", `${config.github.apiUrl} knows the App as "${app.data.name}"`), ...lacks(app.data)];
}

function readConfig(env: Env): BotConfig | undefined {
  try {
    return readBotConfig(completed(env));
  } catch (error) {
    if (error instanceof ConfigError) return undefined; // the settings' own section tells the problems
    throw error;
  }
}

async function askForApp({ appId, privateKey, github }: BotConfig): Promise<unknown> {
  // `secret` belongs to Probot's webhook side, which is not used here.
  const log = makeLog("silent", "doctor");
  const probot = new Probot({ appId, privateKey, baseUrl: github.apiUrl, secret: crypto.randomUUID(), log });
  const octokit = await probot.auth();
  const { data } = await octokit.request("GET /app", {
    request: { signal: AbortSignal.timeout(ANSWER_MS), retries: 0 },
  });
  return data;
}

function refusal(apiUrl: string, error: unknown): Check {
  const status = (error as { status?: unknown }).status;
  if (status === 401 || status === 404) {
    const detail = `${apiUrl} does not accept the App's signature (${status})`;
    return problem(
      "GitHub",
      detail,
      "check that APP_ID and the private key belong together, and that the clock is right",
    );
  }
  const late = error instanceof Error && /abort|timeout/i.test(`${error.name} ${reasonOf(error)}`);
  const why = late ? `no answer within ${ANSWER_MS / 1_000} s` : reasonOf(error);
  return problem("GitHub", `${apiUrl}: ${why}`, "check the network, a proxy in between, and GHE_HOST");
}

/** What the App was not granted although `app.yml` asks for it, and whether it is installed anywhere. */
function lacks(app: App): Check[] {
  // Beside the sources and beside the built program alike.
  const manifest = manifestSchema.parse(parse(readFileSync(new URL("../../app.yml", import.meta.url), "utf8")));
  const permissions = Object.entries(manifest.default_permissions)
    .filter(([name, level]) => app.permissions[name] !== level && app.permissions[name] !== "write")
    .map(([name, level]) => `${name}: ${level}`);
  const events = manifest.default_events.filter((event) => !app.events.includes(event));
  const where = 'in the App\'s settings under "Permissions & events", then accept the change where it is installed';
  return [
    ...(permissions.length > 0
      ? [problem("permissions", `missing: ${permissions.join(", ")}`, `grant them ${where}`)]
      : []),
    ...(events.length > 0 ? [problem("events", `not subscribed: ${events.join(", ")}`, `tick them ${where}`)] : []),
    ...(app.installations_count === 0
      ? [problem("installations", "the App is installed nowhere", `install it: ${app.html_url}/installations/new`)]
      : []),
  ];
}
