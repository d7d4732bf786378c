/** The dashboard's settings: whether there is one, who comes to it and how; and what is missing for that. */
import { isLoopback } from "../reach/loopback.ts";
import type { BotSettings } from "./environment.ts";

export type DashboardConfig = {
  host: string;
  port: number;
  /** Its public address, where it has one, and the App by which people sign in with GitHub there. */
  signIn?: { url: string; clientId: string; clientSecret: string };
  /** Ids of GitHub accounts that may everything. */
  operators: readonly number[];
};

/** Each with what to do. */
export function dashboardProblems(settings: BotSettings): string[] {
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

/** Nothing where there is none. */
export function dashboardOf(settings: BotSettings): { dashboard?: DashboardConfig } {
  const { DASHBOARD_PORT: port, DASHBOARD_HOST: host, DASHBOARD_URL: url } = settings;
  if (port === "off") return {};
  const { DASHBOARD_CLIENT_ID: clientId, DASHBOARD_CLIENT_SECRET: clientSecret } = settings;
  const signIn = url && clientId && clientSecret && { url: new URL(url).origin, clientId, clientSecret };
  const operators = (settings.DASHBOARD_OPERATORS?.split(",") ?? []).map(Number);
  return { dashboard: { host, port, operators, ...(signIn && { signIn }) } };
}
