/** Which GitHub this is: github.com, an Enterprise Cloud with data residency, or an Enterprise Server. */
import { isLoopback } from "../reach/loopback.ts";

type Env = { readonly GHE_HOST?: string | undefined; readonly GHE_PROTOCOL?: string | undefined };

export type GitHubServer = { protocol: "https" | "http"; host: string; apiUrl: string; webUrl: string };

/** Problems are added to `problems`, each with what to do. */
export function readServer(env: Env, problems: string[]): GitHubServer {
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
