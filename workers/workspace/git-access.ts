/**
 * Access to a repository on GitHub: an address without credentials, and a token that exists only in the environment of the
 * git process that needs it. Never in an address, an argument, a file or an error text.
 */
import type { Protocols } from "./git.ts";

/** `cloneUrl`: `https://host/owner/repository.git`. `token`: gives an installation token, fresh enough for one command. */
export type GitAccess = { cloneUrl: string; token: () => Promise<string> };

/** What a command gets: the checked address, `owner/name`, allowed protocols, the environment with the token, and a redactor. */
export type OpenAccess = {
  url: string;
  repository: string;
  protocols: Protocols;
  env: Record<string, string>;
  redact: (text: string) => string;
};

/**
 * Stands in the mirror's configuration (it holds no secret) and hands the token from the environment to git, and only for the
 * host that it is meant for: a redirect to elsewhere gets nothing. `printf` and `read` are built into sh: no argument list
 * ever shows the token.
 */
export const CREDENTIAL_HELPER = [
  '!f() { test "$1" = get || return 0; while IFS= read -r line; do case $line in host=*) host=$line;; esac; done;',
  'test "$host" = "host=$ORCH_GIT_HOST" || return 0;',
  "printf 'username=x-access-token\\npassword=%s\\n' \"$ORCH_GIT_TOKEN\"; }; f",
].join(" ");

/** Proxy and certificate settings of the machine, which git needs to reach GitHub from behind a company's firewall. */
const NETWORK_SETTINGS = [
  ...["https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"],
];

/** Fetches the token and builds the environment. Throws when the address is not plain https (http for a loopback host). */
export async function openAccess(access: GitAccess): Promise<OpenAccess> {
  const url = checkCloneUrl(access.cloneUrl);
  const token = await access.token();
  // The credential protocol is made of lines; a token is one word (classic, or the longer form with dots).
  if (!/^[A-Za-z0-9._~+/=-]{1,4096}$/.test(token)) throw new Error("The token for git is not a single printable word.");
  const loopback = url.protocol === "http:";
  const protocols: Protocols = loopback ? "https:http" : "https";
  return {
    url: url.href,
    repository: repositoryOf(access),
    protocols,
    env: { ...(loopback ? {} : networkSettings()), ORCH_GIT_HOST: url.host, ORCH_GIT_TOKEN: token },
    redact: (text) => text.replaceAll(token, "***"),
  };
}

/** `owner/name`. */
export function repositoryOf({ cloneUrl }: Pick<GitAccess, "cloneUrl">): string {
  return checkCloneUrl(cloneUrl)
    .pathname.slice(1)
    .replace(/\.git$/, "");
}

function networkSettings(): Record<string, string> {
  const found = NETWORK_SETTINGS.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(found.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function checkCloneUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url) throw new Error("The repository's address is not a URL.");
  if (url.username || url.password || url.search || url.hash) {
    throw new Error(
      `The repository's address must be bare, without credentials or parameters: ${url.host}${url.pathname}`,
    );
  }
  const loopback = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) {
    throw new Error(
      `Only https is used for git (http for a simulator on loopback), not ${url.protocol} at ${url.host}.`,
    );
  }
  return url;
}
