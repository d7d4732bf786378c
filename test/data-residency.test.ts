/**
 * GitHub Enterprise Cloud with data residency: one host for the API, another for git and pages. Where each request goes, by a
 * setting alone; nothing is sent.
 */
import { generateKeyPairSync } from "node:crypto";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { redeem, registrationUrl, settingsUrl } from "../cli/registration.ts";
import { readBotConfig } from "../src/config.ts";
import { makeGitHub } from "../src/github.ts";
import { giveToken } from "../src/workers-api/tokens.ts";
import { openAccess } from "../workers/workspace/git-access.ts";
import { makeSpec } from "./support/task-spec.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});
const config = readBotConfig({
  APP_ID: "1",
  PRIVATE_KEY: privateKey,
  WEBHOOK_SECRET: "a-webhook-secret-of-tests-0123456789",
  WORKER_SECRET: "a-worker-secret-of-tests-0123456789abcdef",
  REDIS_URL: "redis://127.0.0.1:6379",
  GHE_HOST: "acme.ghe.com",
  GITHUB_THROTTLE: "on",
});
const log = pino({ level: "silent" });

const asked: string[] = [];
const answers: [RegExp, object][] = [
  [
    /access_tokens$/,
    {
      token: "ghs_sample",
      expires_at: "2099-01-01T00:00:00Z",
      permissions: { contents: "write", pull_requests: "write" },
    },
  ],
  [/\/app\/installations\/\d+$/, { id: 5, permissions: { contents: "write", pull_requests: "write" } }],
  [/\/app$/, { id: 1, slug: "orch", name: "orch" }],
  [/\/users\//, { id: 7, login: "orch[bot]" }],
  [/\/graphql$/, { data: { viewer: { login: "orch[bot]" } } }],
  [/conversions$/, { id: 1, slug: "orch", owner: { login: "octo", type: "Organization" }, pem: privateKey }],
  [/./, {}],
];

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", async (url: string | URL, { method = "GET" }: RequestInit = {}) => {
    asked.push(`${method} ${url}`);
    const [, body] = answers.find(([path]) => path.test(new URL(url).pathname)) ?? [];
    const headers = { "content-type": "application/json" };
    return new Response(JSON.stringify(body), { status: method === "POST" ? 201 : 200, headers });
  });
});
afterEach(() => vi.unstubAllGlobals());

test("REST and GraphQL go to the API's host, for the App and for an installation alike", async () => {
  const octokit = await makeGitHub(config, log).forInstallation(5);
  await octokit.rest.issues.get({ owner: "octo", repo: "sums", issue_number: 1 });
  await octokit.graphql("query { viewer { login } }");
  await octokit.rest.issues.createComment({ owner: "octo", repo: "sums", issue_number: 1, body: "text" });
  expect(asked).toEqual([
    "POST https://api.acme.ghe.com/app/installations/5/access_tokens",
    "GET https://api.acme.ghe.com/repos/octo/sums/issues/1",
    "POST https://api.acme.ghe.com/graphql",
    "POST https://api.acme.ghe.com/repos/octo/sums/issues/1/comments",
  ]);
});

test("a worker host clones from the host of the pages, with a token for that one alone", async () => {
  const spec = makeSpec({ repository: { id: 3, owner: "octo", name: "sums" } });
  const { cloneUrl, token } = await giveToken({ github: makeGitHub(config, log), log }, spec, "fetch");
  expect(cloneUrl).toBe("https://acme.ghe.com/octo/sums.git");
  expect(asked.filter((each) => !each.includes("//api.acme.ghe.com/"))).toEqual([]);
  const open = await openAccess({ cloneUrl, token: async () => token });
  expect(open).toMatchObject({ url: cloneUrl, repository: "octo/sums", env: { ORCH_GIT_HOST: "acme.ghe.com" } });
});

test("the App is registered on the pages, and its code is redeemed at the API", async () => {
  expect(registrationUrl(config.github, "octo", "state")).toMatch(
    /^https:\/\/acme\.ghe\.com\/organizations\/octo\/settings\//,
  );
  const app = await redeem(config.github, "code");
  expect(settingsUrl(config.github, app)).toBe("https://acme.ghe.com/organizations/octo/settings/apps/orch");
  expect(asked).toEqual(["POST https://api.acme.ghe.com/app-manifests/code/conversions"]);
});
