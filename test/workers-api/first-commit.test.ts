/** That there is nothing to work on is found before an agent starts. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { makeGitHub } from "../../src/github.ts";
import { giveToken } from "../../src/workers-api/tokens.ts";
import { makeSpec } from "../support/task-spec.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
  simulator.createUser("maintainer");
});
afterAll(async () => {
  expect(simulator.violations()).toEqual([]);
  await simulator.close();
});

const log = pino({ level: "silent" });

async function setting(owner: string, files: Record<string, string> = { "a.txt": "a\n" }) {
  const repo = await simulator.createRepository({ owner, name: "sums", files, collaborators: { maintainer: "write" } });
  const server = { protocol: "http" as const, host: `127.0.0.1:${simulator.port}`, webUrl: simulator.url };
  const { id: appId, privateKey } = simulator.app;
  const app = { appId, privateKey, github: { ...server, apiUrl: `${simulator.url}/api/v3` }, throttle: false };
  const deps = { github: makeGitHub(app, log), log };
  const repository = { id: repo.id, owner, name: "sums" };
  const spec = makeSpec({ installationId: repo.installationId, repository });
  return { repo, spec, begin: () => giveToken(deps, spec, "fetch") };
}

test("a repository without a commit is called just that", async () => {
  const { begin } = await setting("beginning", {});
  await expect(begin()).rejects.toMatchObject({
    code: "empty_repository",
    message: expect.stringContaining("has no commits yet"),
  });
});

test("where all is well it asks GitHub for nothing more", async () => {
  const { begin } = await setting("well");
  await begin();
  const before = simulator.requests().length;
  await begin();
  // The token itself, and where the default branch stands.
  expect(simulator.requests().length - before).toBe(2);
});
