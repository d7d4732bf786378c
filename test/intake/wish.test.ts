/** Which agent a repository wishes for, as GitHub shows its file; whatever else stands there is the worker host's to refuse. */
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RepositoryInfo, type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { makeGitHub } from "../../src/github.ts";
import { readWish } from "../../src/intake/wish.ts";
import { git, withToken } from "../simulator/support/setting.ts";
import { closeGitHub } from "../support/close-github.ts";

const FILE = ".github/orch.yml";
const log = pino({ level: "silent" });

let github: Simulator;
beforeAll(async () => {
  github = await startSimulator();
});
afterAll(() => closeGitHub(github));

let count = 0;
async function repositoryWith(files: Record<string, string>): Promise<RepositoryInfo> {
  count += 1;
  const collaborators = { maintainer: "write" as const };
  return await github.createRepository({ owner: "octo-org", name: `sample-${count}`, files, collaborators });
}

async function wishOf({ id, owner, name, installationId }: RepositoryInfo): Promise<string | undefined> {
  const [protocol, host] = github.url.split("://") as ["http", string];
  const server = { protocol, host, apiUrl: `${github.url}/api/v3`, webUrl: github.url };
  const { id: appId, privateKey } = github.app;
  const app = makeGitHub({ appId, privateKey, github: server, throttle: false }, log);
  return (await readWish(await app.forInstallation(installationId), { id, owner, name }, log)).agent;
}

/** What git alone can put there, pushed to the default branch. */
async function pushed(make: (tree: string, tip: string) => Promise<unknown>): Promise<RepositoryInfo> {
  const repository = await repositoryWith({ "README.md": "# Sample\n", ".github/other.yml": "agent: codex\n" });
  const dir = await mkdtemp(join(tmpdir(), "orch-wish-"));
  try {
    const { token } = github.createUser("maintainer");
    await git(dir, "clone", "-q", withToken(repository.cloneUrl, token), "tree");
    const tree = join(dir, "tree");
    await make(tree, github.state.branches(repository).main ?? "");
    await git(tree, "commit", "-q", "-m", "Put it there");
    expect((await git(tree, "push", "-q", "origin", "HEAD:main")).exitCode).toBe(0);
  } finally {
    await rm(dir, { recursive: true });
  }
  return repository;
}

describe("a repository wishes", () => {
  test.each([".github/orch.yml", ".github/orch.yaml"])("for the agent that its %s names", async (path) => {
    expect(await wishOf(await repositoryWith({ [path]: "agent: codex\nverify: npm test\n" }))).toBe("codex");
  });

  test.each<[string, Record<string, string>]>([
    ["its file names none", { [FILE]: "verify: npm test\n" }],
    ["its file is empty", { [FILE]: "" }],
    ["it has no such folder", { "README.md": "# Sample\n" }],
    ["it has no files at all", {}],
    ["the folder has other files", { ".github/CODEOWNERS": "* @maintainer\n" }],
    ["the folder is a file", { ".github": "agent: codex\n" }],
    ["the file stands elsewhere", { "orch.yml": "agent: codex\n", ".github/sub/orch.yml": "agent: codex\n" }],
    ["there are both files", { [FILE]: "agent: codex\n", ".github/orch.yaml": "agent: codex\n" }],
    ["its file is no YAML", { [FILE]: "agent: [codex\n" }],
    ["its file has a key that nobody knows", { [FILE]: "agent: codex\nagents: all\n" }],
    ["its file names something else than an agent", { [FILE]: "agent: [codex]\n" }],
    ["its file names one that is too long", { [FILE]: `agent: ${"x".repeat(65)}\n` }],
    ["its file blows up when it is read", { [FILE]: "a: &a [x, x]\nagent: *a\n" }],
    ["its file is larger than 64 kB", { [FILE]: `agent: codex\n#${"x".repeat(64 * 1024)}\n` }],
    ["a folder has the file's name", { [`${FILE}/agent`]: "agent: codex\n" }],
  ])("for nothing where %s", async (_, files) => {
    expect(await wishOf(await repositoryWith(files))).toBeUndefined();
  });

  test("for nothing where the file is a symbolic link, or a submodule", async () => {
    const link = pushed(async (tree) => {
      await symlink("other.yml", join(tree, FILE));
      await git(tree, "add", FILE);
    });
    const module = pushed((tree, tip) => git(tree, "update-index", "--add", "--cacheinfo", `160000,${tip},${FILE}`));
    expect(await wishOf(await link)).toBeUndefined();
    expect(await wishOf(await module)).toBeUndefined();
  });

  test("for nothing where the file is removed while it is looked for", async () => {
    const repository = await repositoryWith({ [FILE]: "agent: codex\n" });
    const match = { path: new RegExp(`/${repository.name}/contents/.github.*orch.yml$`) };
    const fault = github.faults.api({ match, times: 1, action: { status: 404 } });
    expect(await wishOf(repository)).toBeUndefined();
    expect(fault.fired).toBe(1);
  });
});

test.each([403, 500])(
  "what GitHub answers with %d is no wish: it is for the caller, who asks again",
  async (status) => {
    const repository = await repositoryWith({ [FILE]: "agent: codex\n" });
    for (const path of ["contents/.github$", "contents/.github.*orch.yml$"]) {
      const match = { path: new RegExp(`/${repository.name}/${path}`) };
      const fault = github.faults.api({ match, times: 1, action: { status } });
      await expect(wishOf(repository)).rejects.toMatchObject({ status });
      expect(fault.fired).toBe(1);
    }
    expect(await wishOf(repository)).toBe("codex");
  },
);
