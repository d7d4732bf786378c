/**
 * GitHub's manifest flow: what an App is asked for, as GitHub takes it, and the code that it answers with turned into the
 * App's id, key and secret. https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { parse } from "yaml";
import { z } from "zod";
import type { GitHubServer } from "../src/settings/github-server.ts";

/** Beside the sources and beside the built program alike. */
const MANIFEST = new URL("../app.yml", import.meta.url);
const ANSWER_MS = 20_000;

/** GitHub wants an address although nothing is delivered to it: this one belongs to nobody (RFC 2606). */
const NO_WEBHOOK = "https://example.com/set-the-webhook-url-of-orch";

const registeredSchema = z.object({
  id: z.number(),
  slug: z.string().regex(/^[\w-]+$/),
  owner: z.object({ login: z.string().regex(/^[\w-]+$/), type: z.string() }),
  pem: z.string(),
  /** Null where GitHub made none. */
  webhook_secret: z.string().nullish(),
  /** By which people sign in to the dashboard. */
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
});

export type Registered = z.output<typeof registeredSchema>;

/** The addresses of the App; `redirect`: where GitHub sends whoever has registered it. */
export type AppUrls = {
  redirect: string;
  /** Where GitHub shall deliver; without one the App's webhook is made inactive, which GitHub accepts. */
  webhook?: string | undefined;
  /** Of the dashboard, where people sign in with GitHub. */
  dashboard?: string | undefined;
};

export function manifestOf({ redirect, webhook, dashboard }: AppUrls): Record<string, unknown> {
  const asked = z.record(z.string(), z.unknown()).parse(parse(readFileSync(MANIFEST, "utf8")));
  const hook = webhook ? { url: webhook, active: true } : { url: NO_WEBHOOK, active: false };
  const callbacks = dashboard ? { callback_urls: [callbackUrl(dashboard)] } : {};
  return { ...asked, hook_attributes: hook, redirect_url: redirect, ...callbacks };
}

/** Where GitHub sends people who sign in to the dashboard. */
const callbackUrl = (dashboard: string): string => new URL("/callback", dashboard).href;

/** Why GitHub would not deliver to this address; undefined where nothing speaks against it. */
export function webhookProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== "https:") return `${text} is no https address; GitHub delivers to https://… only`;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isLocal = /(^|\.)localhost$/.test(host) || (!host.includes(".") && isIP(host) !== 6) || isPrivate(host);
  return isLocal ? `${host} cannot be reached from the internet, so GitHub refuses it as a webhook` : undefined;
}

const isPrivate = (host: string): boolean =>
  isIP(host) === 4
    ? /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(host)
    : isIP(host) === 6 && /^(::1?$|f[cd]|fe80)/i.test(host);

/** Where the form with the manifest is sent. */
export function registrationUrl(github: GitHubServer, organization: string | undefined, state: string): string {
  const whose = organization ? `/organizations/${encodeURIComponent(organization)}` : "";
  return `${github.webUrl}${whose}/settings/apps/new?state=${state}`;
}

/** The App's own settings page. */
export function settingsUrl(github: GitHubServer, { owner, slug }: Registered): string {
  const whose = owner.type === "Organization" ? `/organizations/${owner.login}` : "";
  return `${github.webUrl}${whose}/settings/apps/${slug}`;
}

/** GitHub answers a code once, within an hour. Throws an Error that says what GitHub said. */
export async function redeem(github: GitHubServer, code: string): Promise<Registered> {
  const response = await fetch(`${github.apiUrl}/app-manifests/${encodeURIComponent(code)}/conversions`, {
    method: "POST",
    headers: { accept: "application/vnd.github+json" },
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!response.ok)
    throw new Error(`GitHub answered ${response.status}: the code is unknown, used, or older than an hour`);
  return registeredSchema.parse(await response.json());
}
