/**
 * Bare repositories behind real git over HTTP, with GitHub's manners where they matter to a client: a token as password, 404
 * for what it may not see, 403 with GitHub's sentence for an archived repository. Nothing but `git http-backend` inside.
 */
import { execFileSync, spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export type Answer = { status: number; text: string; headers?: Record<string, string> };

/** `cut`: the connection ends without an answer; `lost`: only after all that was asked for is done. `ng`: of a branch, in git's protocol. */
export type Failure = Answer | { ng: string; branch: string } | "cut" | "lost";

export type GitServer = {
  url: string;
  /** The one password that is accepted. */
  token: string;
  /** Answers every request so, when set. */
  refuse: Answer | undefined;
  /** Answers pushes so, when set. */
  refusePush: Answer | undefined;
  /** Answers the next ones so, one each; `at`: a part of their path. */
  failures: { at: string; how: Failure }[];
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
    failures: [],
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
  // git asks without credentials first.
  const isSigned = request.headers.authorization !== undefined;
  const next = git.failures.findIndex(({ at }) => isSigned && `${url.pathname}${url.search}`.includes(at));
  const failure = next < 0 ? undefined : git.failures.splice(next, 1)[0]?.how;
  if (failure === "cut") request.socket.destroy();
  else if (failure === "lost") serve(root, url, request, response, { lost: true });
  else if (failure && "ng" in failure) request.resume().on("end", () => response.end(reportOf(failure)));
  else answerAs(git, root, { url, pushing, failure }, request, response);
}

/** A receiving git's report, as a side band carries it. */
function reportOf({ ng, branch }: { ng: string; branch: string }): string {
  const line = (text: string) => `${(text.length + 4).toString(16).padStart(4, "0")}${text}`;
  const report = `${line("unpack ok\n")}${line(`ng refs/heads/${branch} ${ng}\n`)}0000`;
  return `${line(`\u0001${report}`)}0000`;
}

type Asked = { url: URL; pushing: boolean; failure: Answer | undefined };

function answerAs(
  git: GitServer,
  root: string,
  { url, pushing, failure }: Asked,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const refusal = failure ?? git.refuse ?? (pushing ? git.refusePush : undefined) ?? credentials(git, request);
  if (refusal) {
    const headers = {
      "content-type": "text/plain",
      ...(refusal.status === 401 ? { "www-authenticate": "Basic" } : {}),
      ...refusal.headers,
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

function serve(
  root: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  { lost = false } = {},
): void {
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
    if (lost) return;
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
  backend.stdout.on("end", () => (lost ? request.socket.destroy() : response.end()));
}

const header = (name: string, value: string | string[] | undefined) => (value === undefined ? {} : { [name]: value });

/** Makes `<root>/<owner>/<name>.git`, empty. */
export function createBareRepository(root: string, fullName: string): string {
  const dir = join(root, `${fullName}.git`);
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", dir]);
  return dir;
}
