/**
 * Does GitHub answer, know the App by its key, and let it do what `app.yml` asks for, wherever it is installed? Two
 * requests with the App's own signature, then a look at the repositories (`repositories.ts`); nothing is changed.
 */
import { readFileSync } from "node:fs";
import { Probot } from "probot";
import { parse } from "yaml";
import { z } from "zod";
import { type BotConfig, ConfigError, type Env, readBotConfig } from "../../src/config.ts";
import { makeLog } from "../../src/log.ts";
import { type Check, note, ok, problem, reasonOf } from "./check.ts";
import { checkRepositories } from "./repositories.ts";
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

/** GitHub's bound for one page. */
const MOST_INSTALLATIONS = 100;
const installationSchema = z.object({
  id: z.number(),
  account: z.object({ login: z.string() }).nullish(),
  html_url: z.string(),
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
  suspended_at: z.string().nullish(),
});
const installationsSchema = z.array(installationSchema);
type Installation = z.output<typeof installationSchema>;

export async function checkGitHub(env: Env): Promise<Check[]> {
  const config = readConfig(env);
  if (!config) return [note("GitHub", "not asked: the App's settings are not usable yet")];
  const ask = askerOf(config);
  const asked = await ask("GET /app").catch((error: unknown) => error);
  const app = appSchema.safeParse(asked);
  if (!app.success) return [refusal(config.github.apiUrl, asked)];
  const known = ok("GitHub", `${config.github.apiUrl} knows the App as "${app.data.name}"`);
  const wanted = wantedBy(config);
  const listed = await ask("GET /app/installations", { per_page: MOST_INSTALLATIONS }).catch((error: unknown) => error);
  const all = installationsSchema.safeParse(listed);
  if (!all.success)
    return [
      known,
      ...lacksOf(app.data, wanted),
      note("installations", `GitHub does not list them: ${reasonOf(listed)}`),
    ];
  const open = all.data.filter(({ suspended_at: suspendedAt }) => !suspendedAt).map(({ id }) => id);
  return [
    known,
    ...lacksOf(app.data, wanted),
    ...checkInstallations(all.data, app.data, wanted),
    ...(await checkRepositories(config, open)),
  ];
}

function readConfig(env: Env): BotConfig | undefined {
  try {
    return readBotConfig(completed(env));
  } catch (error) {
    if (error instanceof ConfigError) return undefined; // the settings' own section tells the problems
    throw error;
  }
}

/** Asks as the App itself. */
type Ask = (route: string, parameters?: object) => Promise<unknown>;

function askerOf({ appId, privateKey, github }: BotConfig): Ask {
  // `secret` belongs to Probot's webhook side, which is not used here.
  const log = makeLog("silent", "doctor");
  const probot = new Probot({ appId, privateKey, baseUrl: github.apiUrl, secret: crypto.randomUUID(), log });
  return async (route, parameters = {}) => {
    const octokit = await probot.auth();
    const request = { signal: AbortSignal.timeout(ANSWER_MS), retries: 0 };
    return (await octokit.request(route, { ...parameters, request })).data;
  };
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

const WHERE = 'in the App\'s settings under "Permissions & events"';

/** What the App does not ask for although `app.yml` does, and whether it is installed anywhere. */
function lacksOf(app: App, wanted: Wanted): Check[] {
  const { permissions, events } = missing(app, wanted);
  return [
    ...(permissions.length > 0
      ? [
          problem(
            "permissions",
            `missing: ${permissions.join(", ")}`,
            `grant them ${WHERE}, then accept the change where it is installed`,
          ),
        ]
      : []),
    ...(events.length > 0 ? [problem("events", `not subscribed: ${events.join(", ")}`, `tick them ${WHERE}`)] : []),
    ...(app.installations_count === 0
      ? [problem("installations", "the App is installed nowhere", `install it: ${app.html_url}/installations/new`)]
      : []),
  ];
}

type Wanted = { permissions: Record<string, "read" | "write">; events: string[] };

/** What `app.yml` asks for, and what the settings need besides. */
function wantedBy({ commitStatus }: BotConfig): Wanted {
  // Beside the sources and beside the built program alike.
  const manifest = manifestSchema.parse(parse(readFileSync(new URL("../../app.yml", import.meta.url), "utf8")));
  return {
    permissions: { ...manifest.default_permissions, ...(commitStatus && { statuses: "write" }) },
    events: manifest.default_events,
  };
}

/** What is wanted and they do not have. */
function missing({ permissions, events }: Pick<App, "permissions" | "events">, wanted: Wanted) {
  return {
    permissions: Object.entries(wanted.permissions)
      .filter(([name, level]) => permissions[name] !== level && permissions[name] !== "write")
      .map(([name, level]) => `${name}: ${level}`),
    events: wanted.events.filter((event) => !events.includes(event)),
  };
}

/** A permission that the App got later, with the events that hang on it, holds in an installation only when its owner has accepted it. */
function checkInstallations(all: readonly Installation[], app: App, wanted: Wanted): Check[] {
  const ofApp = missing(app, wanted);
  const more = (app.installations_count ?? 0) > all.length;
  return [
    ...all.flatMap((installation) => checkInstallation(installation, ofApp, wanted)),
    ...(more ? [note("installations", `looked at the first ${all.length} of ${app.installations_count}`)] : []),
  ];
}

function checkInstallation(installation: Installation, ofApp: ReturnType<typeof missing>, wanted: Wanted): Check[] {
  const { account, html_url: page, suspended_at: suspendedAt } = installation;
  const where = `installation of ${account?.login ?? "a deleted account"}`;
  if (suspendedAt) {
    const detail = `suspended since ${suspendedAt}: nothing is heard from its repositories, and nothing can be done there`;
    return [problem(where, detail, `its owner can unsuspend it: ${page}`)];
  }
  const lacks = missing(installation, wanted);
  const permissions = lacks.permissions.filter((each) => !ofApp.permissions.includes(each));
  const events = lacks.events.filter((each) => !ofApp.events.includes(each));
  const details = [
    ...(permissions.length > 0 ? [`has not accepted: ${permissions.join(", ")}`] : []),
    ...(events.length > 0 ? [`gets no events of the kind: ${events.join(", ")}`] : []),
  ];
  if (details.length === 0) return [];
  return [problem(where, details.join("; "), `its owner accepts what the App asks for here: ${page}`)];
}
