import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fetchRefs } from "../../../workers/workspace/fetch-refs.ts";
import { hostGitOutput } from "../../../workers/workspace/git.ts";
import {
  AccessDenied,
  BranchGone,
  FetchFailed,
  RepositoryGone,
  TooLarge,
} from "../../../workers/workspace/git-errors.ts";
import { openMirror } from "../../../workers/workspace/mirror.ts";
import { readFilesAt } from "../../../workers/workspace/read-file-at.ts";
import { git, type Remote, startHost, startRemote, temporaryFolder } from "./support.ts";

/** How often git spoke with the remote: each conversation begins with one 401. */
const conversations = (remote: Remote) =>
  remote.server.requests.filter((request) => request.includes("info/refs")).length / 2;

test("branches arrive under their tips, and a later fetch brings what changed", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  const next = remote.commit({ "a.txt": "1\n" });
  const side = remote.commit({ "b.txt": "2\n" }, "feature/side");
  expect(await fetchRefs(host.mirror, remote.access, ["main", "feature/side"])).toEqual({
    main: next,
    "feature/side": side,
  });
});

test("a branch that came back as a folder of branches is fetched all the same", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  remote.commit({ "a.txt": "1\n" }, "topic");
  await fetchRefs(host.mirror, remote.access, ["topic"]);
  git(remote.bare, "branch", "-D", "topic");
  const sha = remote.commit({ "a.txt": "2\n" }, "main");
  git(remote.bare, "branch", "topic/one", sha);
  expect(await fetchRefs(host.mirror, remote.access, ["topic/one"])).toEqual({ "topic/one": sha });
});

test("a rewritten branch is followed", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  git(remote.clone, "commit", "-q", "--amend", "-m", "rewritten");
  git(remote.clone, "push", "-q", "--force", remote.bare, "HEAD:main");
  const { main } = await fetchRefs(host.mirror, remote.access, ["main"]);
  expect(main).toBe(git(remote.clone, "rev-parse", "HEAD"));
  expect(main).not.toBe(host.main);
});

describe("a request that was told where the branches stand", () => {
  test("asks nobody when the mirror has them there", async () => {
    const remote = await startRemote();
    const host = await startHost(remote);
    const other = remote.commit({ "a.txt": "1\n" }, "main-2");
    const both = { main: host.main, "main-2": other };
    expect(await fetchRefs(host.mirror, remote.access, ["main", "main-2"], both)).toEqual(both);
    await remote.server.close();
    expect(await fetchRefs(host.mirror, remote.access, ["main", "main-2"], both)).toEqual(both);
    expect(await fetchRefs(host.mirror, remote.access, ["main"], both)).toEqual({ main: host.main });
  });

  test("does not wait for a fetch under way when the mirror has them there", async () => {
    const remote = await startRemote();
    const host = await startHost(remote);
    const { promise: token, resolve: goOn } = Promise.withResolvers<string>();
    const slow = fetchRefs(host.mirror, { ...remote.access, token: () => token }, ["main"]);
    expect(await fetchRefs(host.mirror, remote.access, ["main"], { main: host.main })).toEqual({ main: host.main });
    goOn(remote.server.token);
    await slow;
  });

  test("has git look when one moved, with all its history then in the mirror", async () => {
    const remote = await startRemote();
    const host = await startHost(remote);
    const moved = remote.commit({ "a.txt": "1\n" });
    const later = remote.commit({ "a.txt": "2\n" });
    // The branch has moved on since the bot asked.
    expect(await fetchRefs(host.mirror, remote.access, ["main"], { main: moved })).toEqual({ main: later });
    expect(git(host.mirror.dir, "rev-list", "--count", later)).toBe("3");
  });

  test("has git look for a branch of which nothing was told, and for one that was never fetched", async () => {
    const remote = await startRemote();
    const host = await startHost(remote);
    const side = remote.commit({ "a.txt": "1\n" }, "side");
    const told = { main: host.main, side };
    expect(await fetchRefs(host.mirror, remote.access, ["main", "side"], told)).toEqual(told);
    git(remote.bare, "branch", "-D", "side");
    const asking = fetchRefs(host.mirror, remote.access, ["main", "side"], { main: host.main });
    await expect(asking).rejects.toBeInstanceOf(BranchGone);
  });

  test("does not share the answer of one that was told of an older state", async () => {
    const remote = await startRemote();
    const host = await startHost(remote);
    const { promise: token, resolve: goOn } = Promise.withResolvers<string>();
    const underWay = fetchRefs(host.mirror, { ...remote.access, token: () => token }, ["main"]);
    const older = fetchRefs(host.mirror, remote.access, ["main"], { main: "0".repeat(40) });
    const newer = fetchRefs(host.mirror, remote.access, ["main"], { main: "1".repeat(40) });
    remote.server.requests.length = 0;
    goOn(remote.server.token);
    expect(await Promise.all([underWay, older, newer])).toEqual(Array.from({ length: 3 }, () => ({ main: host.main })));
    expect(conversations(remote)).toBe(3);
  });

  test("is content with what a fetch brought that was under way", async () => {
    const remote = await startRemote();
    const host = await startHost(remote);
    const sha = remote.commit({ "a.txt": "1\n" });
    const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const token = () => {
      begun.resolve();
      return held.promise;
    };
    const ask = (access = remote.access) => fetchRefs(host.mirror, access, ["main"], { main: sha });
    const underWay = ask({ ...remote.access, token });
    await begun.promise;
    const twenty = Array.from({ length: 20 }, () => ask());
    remote.server.requests.length = 0;
    held.resolve(remote.server.token);
    expect(await Promise.all([underWay, ...twenty])).toEqual(Array.from({ length: 21 }, () => ({ main: sha })));
    expect(conversations(remote)).toBe(1);
  });
});

test("twenty equal requests at once are answered by at most two fetches", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  const sha = remote.commit({ "a.txt": "1\n" });
  remote.server.requests.length = 0;
  const all = await Promise.all(Array.from({ length: 20 }, () => fetchRefs(host.mirror, remote.access, ["main"])));
  expect(all).toEqual(Array.from({ length: 20 }, () => ({ main: sha })));
  expect(conversations(remote)).toBeLessThanOrEqual(2);
});

test("a failed fetch does not stop the next one", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  const [first, second] = await Promise.allSettled([
    fetchRefs(host.mirror, remote.access, ["gone"]),
    fetchRefs(host.mirror, remote.access, ["main"]),
  ]);
  expect(first.status).toBe("rejected");
  expect(second).toMatchObject({ status: "fulfilled", value: { main: host.main } });
});

test("what a fetch that died left behind is cleared away", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  const torn = join(host.mirror.dir, "objects/pack/tmp_pack_abc");
  writeFileSync(torn, "half");
  await fetchRefs(host.mirror, remote.access, ["main"]);
  expect(existsSync(torn)).toBe(true); // all went well: it could be another fetch's, still being written
  await expect(fetchRefs(host.mirror, remote.access, ["gone"])).rejects.toBeInstanceOf(BranchGone);
  expect(existsSync(torn)).toBe(false);
});

test("each way of losing a repository is an error of its own with a sentence for people", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  const ask = (branch = "main") => fetchRefs(host.mirror, remote.access, [branch]);
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  const gone = await failure(ask("feature/x"));
  expect(gone).toBeInstanceOf(BranchGone);
  expect(gone).toMatchObject({
    branch: "feature/x",
    message: "The branch `feature/x` does not exist in octo-org/example any more.",
  });
  remote.server.refuse = { status: 404, text: "Repository not found." };
  expect(await failure(ask())).toBeInstanceOf(RepositoryGone);
  remote.server.refuse = { status: 403, text: "This installation has been suspended" };
  expect(await failure(ask())).toMatchObject({ constructor: AccessDenied, status: 403 });
  remote.server.refuse = undefined;
  remote.server.token = "another";
  const expired = { ...remote.access, token: async () => "ghs_expired" };
  expect(await failure(fetchRefs(host.mirror, expired, ["main"]))).toMatchObject({
    constructor: AccessDenied,
    status: 401,
  });
  await remote.server.close();
  expect(await failure(ask())).toBeInstanceOf(FetchFailed);
});

test("a long token with dots is accepted and stands in no file and no error", async () => {
  const remote = await startRemote();
  const host = await startHost(remote);
  const token = `ghs_${"Ab1-".repeat(60)}.${"Cd2_".repeat(60)}.${"e".repeat(35)}`;
  remote.server.token = token;
  expect(await fetchRefs(host.mirror, remote.access, ["main"])).toEqual({ main: host.main });
  const error = await fetchRefs(host.mirror, remote.access, ["nowhere"]).catch((caught: unknown) => caught);
  expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(token.slice(0, 40));
  for (const entry of await readdir(host.dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    expect([file, (await readFile(file, "latin1")).includes(token.slice(0, 40))]).toEqual([file, false]);
  }
});

test("an address with credentials, without https or with a file in it is refused", async () => {
  const { dir } = openMirror(temporaryFolder(), 1);
  for (const cloneUrl of [
    "https://x-access-token:secret@github.com/octo-org/example.git",
    "http://github.com/octo-org/example.git",
    "file:///etc",
    "ext::sh -c true",
    "/tmp/repository",
  ]) {
    const error = await fetchRefs({ dir }, { cloneUrl, token: async () => "t" }, ["main"]).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain("secret");
  }
});

test("the token goes to the repository's own host and to no other", async () => {
  const remote = await startRemote();
  const other = await startRemote();
  const host = await startHost(remote);
  const config = readFileSync(join(host.mirror.dir, "config"), "utf8");
  expect(config).toContain("ORCH_GIT_TOKEN");
  const ask = (url: string) =>
    hostGitOutput(host.mirror.dir, ["credential", "fill"], {
      input: `url=${url}\n\n`,
      env: { ORCH_GIT_HOST: new URL(remote.server.url).host, ORCH_GIT_TOKEN: "sesame" },
    });
  expect(await ask(`${remote.server.url}/octo-org/example.git`)).toContain("password=sesame");
  await expect(ask(`${other.server.url}/octo-org/example.git`)).rejects.toThrow("terminal prompts disabled");
});

test("a mirror is made once, whole, and found again", async () => {
  const dataDir = temporaryFolder();
  const mirrors = [openMirror(dataDir, 7), openMirror(dataDir, 7)];
  expect(mirrors[1]).toEqual(mirrors[0]);
  expect(await readdir(join(dataDir, "host/mirrors"))).toEqual(["7.git"]);
  expect(() => openMirror(dataDir, 1.5)).toThrow("Not a repository id");
});

test("a mirror is an ordinary bare repository whose hooks never run", async () => {
  const { dir } = openMirror(temporaryFolder(), 7);
  expect(git(dir, "rev-parse", "--is-bare-repository")).toBe("true");
  expect(git(dir, "config", "core.hooksPath")).toBe("/dev/null");
  expect(git(dir, "config", "gc.auto")).toBe("0");
  expect(git(dir, "fsck")).toBe("");
  expect(existsSync(join(dir, "hooks"))).toBe(false);
});

test("files are read from a commit, and only as bounded regular files", async () => {
  const host = await startHost(
    await startRemote({ ".github/a.yml": "a: 1\n", ".github/b.yaml": "b: 2\n", link: { link: ".github/a.yml" } }),
  );
  const read = (paths: string[], limit = 100) => readFilesAt(host.mirror, host.main, paths, limit);
  const [a, b] = [
    { path: ".github/a.yml", text: "a: 1\n" },
    { path: ".github/b.yaml", text: "b: 2\n" },
  ];
  expect(await read([a.path, b.path])).toEqual([a, b]);
  expect(await read([".github/none.yml", b.path])).toEqual([b]);
  expect(await read([".github/none.yml", ".github", "link"])).toEqual([]);
  await expect(read([a.path, b.path], 4)).rejects.toBeInstanceOf(TooLarge);
});
