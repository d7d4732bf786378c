/**
 * git over HTTP: Node hands the request to `git http-backend` (CGI) and streams what comes back. Who may do what is
 * decided before this file is reached; it only knows a repository and the service.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, relative } from "node:path";
import { Readable } from "node:stream";
import { gitEnvironment } from "./git.ts";
import { type Forbidden, hookEnvironment } from "./hooks.ts";
import { reworded } from "./push-report.ts";

export type GitRequest = {
  /** The bare repository; its parent folder's parent is the project root. */
  dir: string;
  /** `info/refs`, `git-upload-pack` or `git-receive-pack`. */
  service: string;
  query: string;
  user: string;
  forbidden: Forbidden;
  /** The body, when it has been read already: git then goes on though the client is gone. */
  body?: Buffer;
};

function cgiEnvironment(request: IncomingMessage, call: GitRequest): Record<string, string> {
  const root = dirname(call.dir);
  const env: Record<string, string> = {
    ...gitEnvironment(),
    ...hookEnvironment(call.forbidden),
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${relative(root, call.dir)}/${call.service}`,
    QUERY_STRING: call.query,
    REQUEST_METHOD: request.method ?? "GET",
    REMOTE_USER: call.user,
    REMOTE_ADDR: "127.0.0.1",
  };
  const headers = request.headers;
  if (headers["content-type"]) env.CONTENT_TYPE = headers["content-type"];
  // No CONTENT_LENGTH: told one, git 2.39 waits for the rest of a body that broke off, at full speed and for ever.
  if (headers["content-encoding"]) env.HTTP_CONTENT_ENCODING = headers["content-encoding"];
  const protocol = headers["git-protocol"];
  if (typeof protocol === "string") env.GIT_PROTOCOL = protocol;
  return env;
}

/** Splits the CGI header block off and writes status and headers. Returns undefined until the block is complete. */
function takeHeaders(response: ServerResponse, buffer: Buffer): Buffer | undefined {
  const end = buffer.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  let status = 200;
  for (const line of buffer.subarray(0, end).toString().split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
  return buffer.subarray(end + 4);
}

/** Passes on what git says. The answer to a push is short, and kept until it is whole: its reasons may be reworded. */
function passOn(child: ChildProcessWithoutNullStreams, response: ServerResponse, whole: boolean) {
  let head: Buffer | undefined = Buffer.alloc(0);
  const kept: Buffer[] = [];
  const write = (chunk: Buffer): void => {
    if (whole) kept.push(chunk);
    else if (!response.write(chunk)) child.stdout.pause();
  };
  child.stdout.on("data", (chunk: Buffer) => {
    if (!head) return write(chunk);
    head = Buffer.concat([head, chunk]);
    const rest = takeHeaders(response, head);
    if (!rest) return;
    head = undefined;
    write(rest);
  });
  response.on("drain", () => child.stdout.resume());
  return {
    hasHeaders: () => head === undefined,
    finish: () => void (kept.length > 0 && response.write(reworded(Buffer.concat(kept)))),
  };
}

/**
 * Serves the request. Resolves when git has ended; the answer is then written but not yet finished, so that the caller
 * can settle what the push means before the client learns of its end.
 */
export function serveGit(request: IncomingMessage, response: ServerResponse, call: GitRequest): Promise<void> {
  const { body } = call;
  // It may have gone away while its request was held up.
  if (response.closed && !body) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["http-backend"], { env: cgiEnvironment(request, call), stdio: "pipe" });
    const errors: Buffer[] = [];
    child.on("error", reject);
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    const answer = passOn(child, response, call.service === "git-receive-pack");
    // The client went away: without it git would wait for ever.
    let abandoned = false;
    response.on("close", () => {
      abandoned = !response.writableEnded && !body;
      if (abandoned) child.kill();
    });
    child.on("close", () => {
      if (!abandoned && !answer.hasHeaders())
        return reject(new Error(`git http-backend printed no headers: ${Buffer.concat(errors).toString().trim()}`));
      if (!abandoned) answer.finish();
      resolve();
    });
    // git may end before it has read the whole body (a refused push); the answer says why.
    child.stdin.on("error", () => child.stdin.destroy());
    (body ? Readable.from([body]) : request).pipe(child.stdin);
  });
}
