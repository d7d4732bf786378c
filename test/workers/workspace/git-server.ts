/**
 * Bare repositories behind real git over HTTP, with GitHub's manners where they matter to a client: a token as password, 404
 * for what it may not see, 403 with GitHub's sentence for an archived repository. Nothing but `git http-backend` inside.
 */
import { execFileSync, spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export type Answer = { status: 401 | 403 | 404; text: string };

export type GitServer = {
  url: string;
  /** The one password that is accepted. */
  token: string;
  /** Answers every request so, when set. */
  refuse: Answer | undefined;
  /** Answers pushes so, when set. */
  refusePush: Answer | undefined;
  /** Runs when a push arrives, before it is served. */
  beforePush: (() => void) | undefined;
  /** Method and path of each request so far. */
  requests: string[];
  close(): Promise<void>;
};

/** Serves the repositories in `root` as `<url>/<owner>/<name>.git`. */
export async function startGitServer(root: string, token = "ghs_test"): Promise<GitServer> {
  const server = createServer((request, response) => answer(git, root, request, response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const git: GitServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    refuse: undefined,
    refusePush: undefined,
    beforePush: undefined,
    requests: [],
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
  return git;
}

function answer(git: GitServer, root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", git.url);
  git.requests.push(`${request.method} ${url.pathname}${url.search}`);
  const pushing = url.pathname.endsWith("/git-receive-pack") || url.search.includes("git-receive-pack");
  const refusal = git.refuse ?? (pushing ? git.refusePush : undefined) ?? credentials(git, request);
  if (refusal) {
    const headers = {
      "content-type": "text/plain",
      ...(refusal.status === 401 ? { "www-authenticate": "Basic" } : {}),
    };
    response.writeHead(refusal.status, headers).end(refusal.text);
    return;
  }
  if (url.pathname.endsWith("/git-receive-pack")) git.beforePush?.();
  serve(root, url, request, response);
}

function credentials(git: GitServer, request: IncomingMessage): Answer | undefined {
  const [, basic = ""] = /^Basic (.+)$/.exec(request.headers.authorization ?? "") ?? [];
  const given = Buffer.from(basic, "base64").toString();
  if (given === `x-access-token:${git.token}`) return undefined;
  return {
    status: 401,
    text: "Invalid username or token. Password authentication is not supported for Git operations.",
  };
}

function serve(root: string, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const backend = spawn("git", ["-c", "http.receivepack=true", "http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      HOME: "/nonexistent",
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REMOTE_USER: "x-access-token",
      ...header("CONTENT_TYPE", request.headers["content-type"]),
      ...header("CONTENT_LENGTH", request.headers["content-length"]),
      ...header("HTTP_CONTENT_ENCODING", request.headers["content-encoding"]),
      ...header("GIT_PROTOCOL", request.headers["git-protocol"]),
    } as unknown as NodeJS.ProcessEnv,
  });
  request.pipe(backend.stdin);
  backend.stdin.on("error", () => {}); // the backend may have heard enough
  let head: Buffer | undefined = Buffer.alloc(0);
  backend.stdout.on("data", (chunk: Buffer) => {
    if (!head) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const lines = head.subarray(0, end).toString().split("\r\n");
    const headers = Object.fromEntries(lines.map((line) => line.split(": ") as [string, string]));
    response.writeHead(Number.parseInt(headers.Status ?? "200", 10), headers);
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  backend.stdout.on("end", () => response.end());
}

const header = (name: string, value: string | string[] | undefined) => (value === undefined ? {} : { [name]: value });

/** Makes `<root>/<owner>/<name>.git`, empty. */
export function createBareRepository(root: string, fullName: string): string {
  const dir = join(root, `${fullName}.git`);
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", dir]);
  return dir;
}
