/** Tokens for other programs: what an operator sees of them, and what is refused before one is made. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTokens } from "../../src/api/tokens.ts";
import { makeDeeds } from "../../src/task/deeds.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { runOrch } from "./run-orch.ts";

let orch: BotSetting;
let dir: string;
let env: Record<string, string>;
const REPOSITORY = "octo-org/calculator";

beforeAll(async () => {
  orch = await startBotSetting();
  dir = await mkdtemp(join(tmpdir(), "orch-tokens-"));
  const key = join(dir, "app.pem");
  await writeFile(key, orch.config.privateKey, { mode: 0o600 });
  env = {
    ...{ REDIS_URL: orch.server.url, ORCH_DATA: dir, PRIVATE_KEY_PATH: key, APP_ID: String(orch.config.appId) },
    ...{ WEBHOOK_SECRET: orch.config.webhookSecret, GHE_HOST: orch.config.github.host, GHE_PROTOCOL: "http" },
  };
});
afterAll(async () => {
  await orch.close();
  await rm(dir, { recursive: true, force: true });
});

const token = (...args: string[]) => runOrch(["a2a", "token", ...args], { cwd: dir, env });

test("a token is shown once, listed without itself, and revoked by its program's name", async () => {
  const made = await token("add", "ci", "--repo", REPOSITORY, "--as", MAINTAINER);
  expect(made.code, made.stderr).toBe(0);
  expect(made.stdout).toMatch(/^orch_api_[\w-]{43}\n$/);
  expect(made.stderr).toContain(`as ${MAINTAINER}`);
  const caller = await makeTokens(orch.redis).find(made.stdout.trim());
  const { id, owner, name, installationId } = orch.repository;
  expect(caller).toMatchObject({
    client: "ci",
    repositories: [{ id, owner, name, installationId }],
    actor: { id: orch.github.createUser(MAINTAINER).id, login: MAINTAINER },
  });
  const listed = await token("list", "--json");
  expect(JSON.parse(listed.stdout)).toMatchObject({
    tokens: [{ client: "ci", as: MAINTAINER, repositories: [REPOSITORY] }],
  });
  expect(listed.stdout).not.toContain(made.stdout.trim());
  expect((await token("list")).stdout).toContain(REPOSITORY);
  expect(await token("revoke", "ci")).toMatchObject({ code: 0 });
  expect(await makeTokens(orch.redis).find(made.stdout.trim())).toBeUndefined();
  expect(await token("revoke", "ci")).toMatchObject({ code: 1, stderr: expect.stringContaining("No token of ci") });
  const deeds = await makeDeeds(orch.redis).newest({ most: 3 });
  expect(deeds.map(({ verb, done, program }) => [verb, done, program])).toEqual([
    ["a2a token revoke", false, "ci"],
    ["a2a token revoke", true, "ci"],
    ["a2a token add", true, "ci"],
  ]);
  expect(JSON.stringify(deeds)).not.toContain(made.stdout.trim());
});

test("a program that is called like a person asks for that person", async () => {
  const made = await token("add", MAINTAINER, "--repo", REPOSITORY, "--json");
  expect(JSON.parse(made.stdout)).toMatchObject({ client: MAINTAINER, as: MAINTAINER, repositories: [REPOSITORY] });
});

test.each([
  [
    "a repository that the App does not reach",
    ["add", "ci", "--repo", "octo-org/none", "--as", MAINTAINER],
    "does not reach octo-org/none",
  ],
  ["somebody who is nobody", ["add", "ci", "--repo", REPOSITORY], "nobody on GitHub is called ci"],
  [
    "somebody who may not write there",
    ["add", "ci", "--repo", REPOSITORY, "--as", STRANGER],
    "may not write to octo-org/calculator",
  ],
  ["no repository", ["add", "ci"], "--repo"],
  ["a name that is none", ["add", "a b", "--repo", REPOSITORY], "a program's name"],
])("%s is refused before a token is made", async (_, args, words) => {
  const before = await makeTokens(orch.redis).list();
  const said = await token(...args);
  expect(said.code).toBeGreaterThan(0);
  expect(said.stderr).toContain(words);
  expect(await makeTokens(orch.redis).list()).toEqual(before);
});
