/** The way to an App: `orch start` without one, a GitHub that answers the code, and the `.env` that comes of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { webhookProblem } from "../../cli/registration.ts";
import { freePort } from "../../demo/free-port.ts";
import { compileCache } from "../support/compile-cache.ts";
import { ORCH, runOrch } from "./run-orch.ts";

const PEM = "-----BEGIN RSA PRIVATE KEY-----\nabc=\n-----END RSA PRIVATE KEY-----\n";

const CLIENT = { client_id: "Iv23li0123456789", client_secret: "c".repeat(40) };

let dir: string;
let github: Server;
let asked: string[];
let secret: string | null;
let env: Record<string, string>;
let site: string;
let orch: ReturnType<typeof spawn>;
let said: string;

beforeAll(async () => {
  github = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const owner = { login: "octo-org", type: "Organization" };
    response.writeHead(request.url?.includes("good-code") ? 201 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify({ id: 7, slug: "orch-of-tests", owner, pem: PEM, webhook_secret: secret, ...CLIENT }));
  }).listen(0, "127.0.0.1");
  await once(github, "listening");
});
afterAll(() => github.close());

beforeEach(async () => {
  asked = [];
  secret = "made-by-github-0123456789";
  dir = await mkdtemp(join(tmpdir(), "orch-set-up-"));
  const port = await freePort();
  site = `http://localhost:${port}`;
  env = {
    GHE_HOST: `127.0.0.1:${(github.address() as AddressInfo).port}`,
    GHE_PROTOCOL: "http",
    PORT: String(port),
    DASHBOARD_PORT: "off",
    ORCH_DATA: join(dir, "data"),
  };
});
afterEach(async () => {
  if (orch.exitCode === null) {
    const ended = once(orch, "exit");
    orch.kill();
    await ended;
  }
  await rm(dir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  said = "";
  orch = spawn(process.execPath, [ORCH, "start"], {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, ...compileCache, ...env } as unknown as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "inherit"],
  });
  orch.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  while (!said.includes("npm run demo")) await once(orch.stdout as NonNullable<typeof orch.stdout>, "data");
}

const get = async (path: string) => (await fetch(site + path)).text();
const unescaped = (text: string) => text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");

async function form(query = ""): Promise<{ action: string; manifest: Record<string, unknown> }> {
  const html = unescaped(await get(`/${query}`));
  const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1] ?? "";
  return { action, manifest: JSON.parse(/name="manifest" value="(.+)">/.exec(html)?.[1] ?? "{}") };
}

test("without a public address the App is asked for with an inactive webhook, never with one on this machine", async () => {
  await start();
  expect(said).toContain(`ssh -L ${env.PORT}:localhost:${env.PORT}`);
  const { action, manifest } = await form();
  const { default_permissions, default_events } = parse(readFileSync("app.yml", "utf8"));
  expect(manifest).toMatchObject({ default_permissions, default_events });
  expect(action).toMatch(new RegExp(`^http://${env.GHE_HOST}/settings/apps/new\\?state=\\w{32}$`));
  expect(manifest).toMatchObject({
    hook_attributes: { url: expect.stringMatching(/^https:\/\/example\.com\//), active: false },
    redirect_url: `${site}/registered`,
    public: false,
  });
  expect(manifest).not.toHaveProperty("callback_urls");
});

test("a public address becomes the active webhook; one that GitHub cannot reach is refused on the page", async () => {
  env = { ...env, GHE_HOST: "", GHE_PROTOCOL: "", WEBHOOK_PROXY_URL: "https://smee.test/channel" };
  await start();
  expect((await form()).manifest.hook_attributes).toEqual({ url: "https://smee.test/channel", active: true });
  const { action } = await form("?organization=octo-org&webhook=");
  expect(action).toContain("https://github.com/organizations/octo-org/settings/apps/new?");
  const refused = await get("/?webhook=https://localhost:3000/x");
  expect(refused).toContain("cannot be reached from the internet");
  expect(refused).not.toContain('name="manifest"');
});

test("the answer's code becomes settings that win over the empty ones of a copied example, and the steps that are left", async () => {
  await writeFile(join(dir, ".env"), "APP_ID=\nPRIVATE_KEY=\nWEBHOOK_SECRET=\nORCH_CONFIG=orch.yml");
  await start();
  const state = /state=(\w+)/.exec((await form()).action)?.[1];
  const foreign = await fetch(`${site}/registered?code=good-code&state=of-somebody-else`);
  expect([foreign.status, asked]).toEqual([400, []]);
  expect(await get(`/registered?code=bad-code&state=${state}`)).toContain("GitHub answered 404");
  const page = await get(`/registered?code=good-code&state=${state}`);
  expect(asked.at(-1)).toBe("POST /api/v3/app-manifests/good-code/conversions");
  const settings = `http://${env.GHE_HOST}/organizations/octo-org/settings/apps/orch-of-tests`;
  for (const words of [`href="${settings}"`, "/api/github/webhooks", "tick Active"]) expect(page).toContain(words);
  expect(parseEnv(await readFile(join(dir, ".env"), "utf8"))).toEqual({
    APP_ID: "7",
    PRIVATE_KEY: PEM,
    WEBHOOK_SECRET: secret,
    ORCH_CONFIG: "orch.yml",
  });
});

test("with a public dashboard the App knows where people come back to, and its client id and secret are kept", async () => {
  env = { ...env, DASHBOARD_URL: "https://orch.example.com" };
  await start();
  const { action, manifest } = await form();
  expect(manifest.callback_urls).toEqual(["https://orch.example.com/callback"]);
  await get(`/registered?code=good-code&state=${/state=(\w+)/.exec(action)?.[1]}`);
  expect(parseEnv(await readFile(join(dir, ".env"), "utf8"))).toMatchObject({
    APP_ID: "7",
    DASHBOARD_CLIENT_ID: CLIENT.client_id,
    DASHBOARD_CLIENT_SECRET: CLIENT.client_secret,
  });
});

test("where GitHub made no webhook secret, Orch makes one and says where it belongs", async () => {
  secret = null;
  await start();
  const state = /state=(\w+)/.exec((await form()).action)?.[1];
  expect(await get(`/registered?code=good-code&state=${state}`)).toContain("put WEBHOOK_SECRET of .env under Secret");
  expect(parseEnv(await readFile(join(dir, ".env"), "utf8")).WEBHOOK_SECRET).toMatch(/^\w{40}$/);
});

test("a port in use ends it at once with a sentence, not with a stack, and not as if starting again could not help", async () => {
  await start();
  const second = await runOrch(["start"], { cwd: dir, env: { ...env, HOST: "127.0.0.1" } });
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`PORT ${env.PORT} is in use on 127.0.0.1: stop the program that listens there`);
  expect(second.stderr).not.toMatch(/\n\s+at /);
});

describe("as a webhook's address", () => {
  test.each(["https://orch.example.com/api/github/webhooks", "https://[2606:4700::1111]/hook", "https://8.8.8.8/hook"])(
    "%s will do",
    (url) => expect(webhookProblem(url)).toBeUndefined(),
  );
  test.each([
    "orch.example.com",
    "http://orch.example.com/",
    "https://localhost/",
    "https://10.0.0.4/",
    "https://build-2/",
    "https://[::1]/",
  ])("%s will not", (url) => expect(webhookProblem(url)).toBeDefined());
});
