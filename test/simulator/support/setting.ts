/**
 * What the tests of the simulator share: a simulator with a repository, Octokits in several names, real git, and a
 * receiver of webhooks that keeps what it heard.
 */
import { createSign } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { execa } from "execa";
import { onTestFinished } from "vitest";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../../simulator/simulator.ts";
import { closeGitHub } from "../../support/close-github.ts";

export type Heard = { headers: IncomingHttpHeaders; body: string };

export type SettingOptions = SimulatorOptions & {
  /** For a test that breaks GitHub's description on purpose and looks at what was found. */
  expectViolations?: boolean;
};

/** A simulator that is closed when the test ends; a violation that the test did not announce fails it. */
export async function simulator({ expectViolations, ...options }: SettingOptions = {}): Promise<Simulator> {
  const github = await startSimulator(options);
  onTestFinished(() => (expectViolations ? github.close() : closeGitHub(github)));
  return github;
}

/** A simulator with `octo-org/sample`: maintainer may write, the App is installed. */
export async function sample(options?: SettingOptions & { private?: boolean }) {
  const github = await simulator(options);
  const repo = await github.createRepository({
    owner: "octo-org",
    name: "sample",
    private: options?.private,
    files: { "README.md": "# Sample\n", "src/sum.js": "export const sum = (a, b) => a - b;\n" },
    collaborators: { maintainer: "write" },
  });
  return { github, repo, at: { owner: repo.owner, repo: repo.name } };
}

export function octokit(github: Simulator, auth?: string): Octokit {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  return new Octokit({ baseUrl: `${github.url}/api/v3`, auth, log: quiet });
}

export const person = (github: Simulator, login: string) => octokit(github, github.createUser(login).token);

/** An App JWT; claims may be overridden to be wrong. Times in seconds from now. */
export function appJwt(github: Simulator, claims: { exp?: number; iat?: number; iss?: unknown } = {}, key?: string) {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const { exp = 300, iat = -30, iss = github.app.clientId } = claims;
  const text = `${encode({ alg: "RS256", typ: "JWT" })}.${encode({ exp: now + exp, iat: now + iat, iss })}`;
  return `${text}.${createSign("RSA-SHA256")
    .update(text)
    .sign(key ?? github.app.privateKey, "base64url")}`;
}

export const asApp = (github: Simulator) => octokit(github, appJwt(github));

type Scope = { repository_ids?: number[]; permissions?: Record<string, "read" | "write"> };
export async function installationToken(github: Simulator, installationId: number, scope: Scope = {}): Promise<string> {
  const answer = await asApp(github).apps.createInstallationAccessToken({ installation_id: installationId, ...scope });
  return answer.data.token;
}

export async function asBot(github: Simulator, installationId: number, scope?: Scope): Promise<Octokit> {
  return octokit(github, await installationToken(github, installationId, scope));
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "simulator-test-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Real git without the machine's own configuration; never throws. */
export async function git(cwd: string, ...args: string[]) {
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: cwd,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Somebody",
    GIT_AUTHOR_EMAIL: "somebody@example.com",
    GIT_COMMITTER_NAME: "Somebody",
    GIT_COMMITTER_EMAIL: "somebody@example.com",
    TZ: "Europe/Berlin",
  };
  return execa("git", args, { cwd, env, extendEnv: false, reject: false });
}

export const withToken = (cloneUrl: string, token: string): string =>
  cloneUrl.replace("http://", `http://x-access-token:${token}@`);

/** Hears webhooks for the App. `answer` decides the status; default 202. */
export async function receiver(github: Simulator, answer: (heard: Heard) => number | undefined = () => 202) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const delivery = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      heard.push(delivery);
      const status = answer(delivery);
      if (status !== undefined) response.writeHead(status).end("heard");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  github.setWebhookUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`);
  return heard;
}
