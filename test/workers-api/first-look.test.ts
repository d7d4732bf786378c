/** What stands in the way of a run's end is found at its beginning, before an agent has worked. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/simulator.ts";
import type { Permissions } from "../../simulator/store/model.ts";
import { makeGitHub } from "../../src/github.ts";
import { giveToken } from "../../src/workers-api/tokens.ts";
import { makeSpec } from "../support/task-spec.ts";

const ALL: Permissions = {
  checks: "write",
  contents: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
};

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

test.each([
  ["contents", "contents: write"],
  ["pull_requests", "pull_requests: write"],
] as const)(
  "an App that may only read %s is told so before an agent starts, and no longer once it may",
  async (what, named) => {
    const { repo, begin } = await setting(`lacking-${what.replace("_", "-")}`);
    simulator.setInstallationPermissions(repo.installationId, { ...ALL, [what]: "read" });
    await expect(begin()).rejects.toMatchObject({ code: "not_granted", message: expect.stringContaining(named) });
    simulator.setInstallationPermissions(repo.installationId, ALL);
    expect((await begin()).tips).toMatchObject({ main: expect.any(String) });
  },
);

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
