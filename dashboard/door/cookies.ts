/** The cookie of whoever is signed in, and the one of whoever is on the way to GitHub and back. No script sees either. */
import type { IncomingMessage } from "node:http";
import type { Address } from "./address.ts";

/** As long as a session may last at all, s; Redis says when it ends. */
const LASTS_S = 7 * 24 * 3600;

/** By https the name itself has a browser refuse one that another site, or plain http, has set. */
export const sessionCookie = (address: Address, host: string | undefined): string =>
  address.isPublic(host) ? "__Host-orch" : `orch-${address.port}`;

/** Has to come back with the way from GitHub, which is another site: the only cookie that does. */
export const ON_THE_WAY = "__Host-orch-sign-in";

export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const [key = "", ...value] = part.trim().split("=");
    if (key === name) return value.join("=");
  }
  return undefined;
}

export function setCookie(name: string, value: string, options: { lastsS?: number; sameSite?: "Strict" | "Lax" } = {}) {
  const { lastsS = LASTS_S, sameSite = "Strict" } = options;
  const secure = name.startsWith("__Host-") ? "; Secure" : "";
  return `${name}=${value}; Path=/; Max-Age=${lastsS}; HttpOnly; SameSite=${sameSite}${secure}`;
}

export const endCookie = (name: string): string => setCookie(name, "", { lastsS: 0 });
