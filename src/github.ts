/**
 * GitHub as the bot sees it: one client per installation, so that its rate-limit budget is kept in one place, tokens
 * for worker hosts that are good for one repository only, and one reading of what GitHub's refusals mean.
 *
 * Nothing here repeats a request by itself. Everybody who calls GitHub runs in a loop of their own that knows whether
 * repeating is safe: a comment that was created although the answer was a 502 must be looked for, not written again.
 */
import { Probot, ProbotOctokit } from "probot";
import { type AppIdentity, readAppIdentity } from "./app-identity.ts";
import { type Budget, BudgetSpent } from "./budget.ts";
import type { BotConfig } from "./config.ts";
import type { Fence } from "./fence.ts";
import { behind, boundedFetch, conditional, type Fetch, makeAnswers, within } from "./github-fetch.ts";
import { keepQuestionsOutOfTheQueue, refusalsOf } from "./graphql.ts";
import type { Logger } from "./log.ts";
import type { GitHubServer } from "./settings/github-server.ts";
import { NoLongerTaken } from "./task/due-set.ts";

export type Octokit = ProbotOctokit;

type OctokitOptions = NonNullable<ConstructorParameters<typeof ProbotOctokit>[0]>;

export type Permissions = { contents: "read" | "write" };

export type MintedToken = { token: string /** ISO 8601 */; expiresAt: string };

export type GitHub = {
  readonly server: GitHubServer;
  /** The client of an installation, with its own token and throttle. Its changes go through the fence, where one is given. */
  forInstallation(id: number, fence?: Fence): Promise<Octokit>;
  /** The client that signs as the App itself. */
  forApp(): Promise<Octokit>;
  /** A new token that reaches one repository with these permissions only. Lives an hour by GitHub's rule. */
  mintToken(wanted: { installationId: number; repositoryId: number; permissions: Permissions }): Promise<MintedToken>;
  /** Who we are on GitHub. Asked once, by the client of whichever installation needs it first. */
  appIdentity(installationId: number): Promise<AppIdentity>;
};

/** At most this often is everything signed in anew after a 401, ms. */
const RENEW_EVERY_MS = 30_000;

export type GitHubOptions = Pick<BotConfig, "appId" | "privateKey" | "github" | "throttle">;

/** `budget`: of all bots together; without it nothing is counted. */
export function makeGitHub(config: GitHubOptions, log: Logger, budget?: Budget): GitHub {
  const answers = makeAnswers();
  let session = signIn(config, log);
  let renewedAt = Number.NEGATIVE_INFINITY;
  let identity: Promise<AppIdentity> | undefined;

  // Probot keeps a token for its hour even when it was revoked meanwhile: a 401 is the sign to start afresh.
  function onUnauthorized(): void {
    if (performance.now() - renewedAt < RENEW_EVERY_MS) return;
    renewedAt = performance.now();
    session = signIn(config, log);
  }

  /** A client costs nothing; what it stands on (token, throttle, known answers) is shared by all of an installation. */
  async function forInstallation(id: number, fence?: Fence): Promise<Octokit> {
    const asked = conditional(boundedFetch, answers, id);
    const fenced = fence ? behind(fence, asked) : asked;
    const octokit = await installationClient(session, id, budget ? within(budget, id, fenced) : fenced);
    keepQuestionsOutOfTheQueue(octokit);
    octokit.hook.error("request", (error) => {
      const { cause } = error as Error;
      // Nothing was sent, and Octokit takes that for a failure of the network.
      if (cause instanceof NoLongerTaken || cause instanceof BudgetSpent) throw cause;
      if (statusOf(error) === 401) onUnauthorized();
      throw error;
    });
    return octokit;
  }

  const forApp = () => session.probot.auth();

  async function mintToken({ installationId, repositoryId, permissions }: Parameters<GitHub["mintToken"]>[0]) {
    const wanted = { installation_id: installationId, repository_ids: [repositoryId], permissions };
    const { data } = await (await forApp()).rest.apps.createInstallationAccessToken(wanted);
    return { token: data.token, expiresAt: data.expires_at };
  }

  function appIdentity(installationId: number): Promise<AppIdentity> {
    // Whoever asks is usually well; an installation that is suspended must not keep the identity from the others.
    const readers = [() => forInstallation(installationId), async () => session.anonymous];
    identity ??= readAppIdentity(forApp, readers).catch((error: unknown) => {
      identity = undefined;
      throw error;
    });
    return identity;
  }

  return { server: config.github, forInstallation, forApp, mintToken, appIdentity };
}

type Session = ReturnType<typeof signIn>;
/** What Octokit gives a factory of clients: the options of the App's own client, and what its credentials are made of. */
type Made = { octokit: unknown; octokitOptions: OctokitOptions & { auth: object } };

function signIn(config: GitHubOptions, log: Logger) {
  const Octokit = ProbotOctokit.defaults((options: OctokitOptions) => ({
    ...options,
    retry: { enabled: false },
    throttle: {
      ...options.throttle,
      enabled: config.throttle,
      onRateLimit: () => false,
      onSecondaryRateLimit: () => false,
    },
  })) as typeof ProbotOctokit;
  const probot = new Probot({
    appId: config.appId,
    privateKey: config.privateKey,
    baseUrl: config.github.apiUrl,
    Octokit,
    // Probot tells every request at "info".
    log: log.child({}, log.isLevelEnabled("warn") ? { level: "warn" } : {}),
    request: { fetch: boundedFetch },
    // Probot's webhook side is not used; without a value it would take its public default.
    secret: crypto.randomUUID(),
  });
  const anonymous = new Octokit({ baseUrl: config.github.apiUrl, request: { fetch: boundedFetch } });
  return { probot, anonymous, Octokit };
}

/** As Probot makes one, with a way of its own to GitHub. */
async function installationClient({ probot, Octokit }: Session, id: number, fetch: Fetch): Promise<Octokit> {
  const app = await probot.auth();
  const factory = ({ octokitOptions, octokit: _, ...otherOptions }: Made): Octokit =>
    new Octokit({
      ...octokitOptions,
      throttle: { ...octokitOptions.throttle, id: String(id) },
      auth: { ...octokitOptions.auth, otherOptions, installationId: id },
      request: { ...octokitOptions.request, fetch },
    });
  return (await app.auth({ type: "installation", installationId: id, factory })) as Octokit;
}

/**
 * What a failed call means. `gone`: the thing (repository, comment …) is not there for us. `installation_gone`: the App
 * was removed. `locked`: the conversation, to everybody's words. `unavailable` and `rate_limited` pass; `unavailable` is also everything that we cannot explain, because
 * trying again later is the answer that loses nothing.
 */
export type Failure =
  | "installation_gone"
  | "suspended"
  | "gone"
  | "archived"
  | "locked"
  | "forbidden"
  | "rate_limited"
  | "invalid"
  | "unavailable";

export function classify(error: unknown): Failure {
  const text = error instanceof Error ? error.message : "";
  const refused = refusalsOf(error)?.map(({ status, message }) => failureOf(error, status, message));
  // Of several the one that may pass: nothing is given up for a part.
  if (refused) return passing.find((each) => refused.includes(each)) ?? refused[0] ?? "unavailable";
  return failureOf(error, statusOf(error), text);
}

const passing: readonly Failure[] = ["rate_limited", "unavailable"];

function failureOf(error: unknown, status: number | undefined, text: string): Failure {
  switch (status) {
    case 404:
    case 410:
      return isTokenRequest(error) ? "installation_gone" : "gone";
    case 403:
      if (isRateLimited(error, text)) return "rate_limited";
      if (/suspended/i.test(text)) return "suspended";
      if (/\blocked\b/i.test(text)) return "locked";
      return /archived|read-only/i.test(text) ? "archived" : "forbidden";
    case 429:
      return "rate_limited";
    case 400:
    case 409:
    case 422:
    case 451:
      return "invalid";
    default:
      return "unavailable";
  }
}

/** True when no repetition can help: the place where the answer would go is closed to us. */
export function isFinal(failure: Failure): boolean {
  return failure === "installation_gone" || failure === "gone" || failure === "suspended" || failure === "archived";
}

/** How long GitHub asks us to wait, ms; undefined when it does not say. `now` in Unix ms. */
export function retryAfterMs(error: unknown, now: number): number | undefined {
  const headers = headersOf(error);
  const after = Number(headers["retry-after"]);
  if (after > 0) return after * 1_000;
  const reset = Number(headers["x-ratelimit-reset"]) * 1_000;
  return headers["x-ratelimit-remaining"] === "0" && reset > now ? reset - now : undefined;
}

function isRateLimited(error: unknown, text: string): boolean {
  const headers = headersOf(error);
  return headers["x-ratelimit-remaining"] === "0" || "retry-after" in headers || /rate limit|abuse/i.test(text);
}

function isTokenRequest(error: unknown): boolean {
  const url = (error as { request?: { url?: unknown } }).request?.url;
  return typeof url === "string" && /\/app\/installations\/\d+\/access_tokens$/.test(url);
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | undefined)?.status;
  return error instanceof Error && typeof status === "number" ? status : undefined;
}

type Headers = Record<string, unknown>;

function headersOf(error: unknown): Headers {
  // A refusal in GraphQL has them on itself: what it calls its response is the body.
  const { headers, response } = (error ?? {}) as { headers?: Headers; response?: { headers?: Headers } };
  return response?.headers ?? headers ?? {};
}
