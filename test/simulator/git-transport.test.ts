/** Real git against the simulator: every way of fetching and pushing, and who may. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import type { Simulator } from "../../simulator/simulator.ts";
import { git, installationToken, person, receiver, sample, temporaryFolder, withToken } from "./support/setting.ts";

async function commit(tree: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(`${tree}/${path}`), { recursive: true });
  await writeFile(`${tree}/${path}`, text);
  await git(tree, "add", ".");
  expect((await git(tree, "commit", "-q", "-m", `Write ${path}`)).exitCode).toBe(0);
}

async function cloned(github: Simulator, repo: { cloneUrl: string; installationId: number }, dir: string) {
  const token = await installationToken(github, repo.installationId);
  const clone = await git(dir, "clone", "-q", withToken(repo.cloneUrl, token), "tree");
  expect(clone.exitCode, clone.stderr).toBe(0);
  return `${dir}/tree`;
}

test("a public repository is cloned by anybody, shallow, partial and without .git in its address", async () => {
  const { repo, github } = await sample();
  await github.commit(repo, "main", { "NEWS.md": "second\n" }, "Add news");
  const dir = await temporaryFolder();
  const full = await git(dir, "-c", "protocol.version=2", "clone", "-q", repo.cloneUrl.replace(/\.git$/, ""), "full");
  expect(full.exitCode, full.stderr).toBe(0);
  expect((await git(dir, "clone", "-q", "--depth", "1", repo.cloneUrl, "shallow")).exitCode).toBe(0);
  expect((await git(`${dir}/shallow`, "rev-list", "--count", "HEAD")).stdout).toBe("1");
  expect((await git(dir, "clone", "-q", "--bare", "--filter=blob:none", repo.cloneUrl, "partial")).exitCode).toBe(0);
});

test("git speaks protocol version 2", async () => {
  const { repo } = await sample();
  const answer = await fetch(`${repo.cloneUrl}/info/refs?service=git-upload-pack`, {
    headers: { "git-protocol": "version=2" },
  });
  expect(await answer.text()).toContain("version 2");
});

test("a push is one push event with the exact refs before and after, whatever the time zone", async () => {
  const { repo, github } = await sample();
  const heard = await receiver(github);
  const tree = await cloned(github, repo, await temporaryFolder());
  const before = github.state.branches(repo).main;
  await commit(tree, "a.txt", "a\n");
  await git(tree, "branch", "feature");
  const pushed = await git(tree, "push", "-q", "origin", "main", "feature");
  expect(pushed.exitCode, pushed.stderr).toBe(0);
  const after = (await git(tree, "rev-parse", "HEAD")).stdout;
  expect(github.state.branches(repo)).toEqual({ main: after, feature: after });
  await github.idle();
  const pushes = heard.filter((each) => each.headers["x-github-event"] === "push").map((each) => JSON.parse(each.body));
  expect(pushes.map(({ ref, before, after, created }) => ({ ref, before, after, created }))).toEqual(
    expect.arrayContaining([
      { ref: "refs/heads/main", before, after, created: false },
      { ref: "refs/heads/feature", before: "0".repeat(40), after, created: true },
    ]),
  );
  expect(pushes).toHaveLength(2);
  expect((await git(tree, "push", "origin", ":main")).stderr).toContain("refusing to delete the current branch");
});

test("a push without fast-forward is refused, forced it passes; a deleted branch is a delete event", async () => {
  const { repo, github } = await sample();
  const heard = await receiver(github);
  const tree = await cloned(github, repo, await temporaryFolder());
  await github.commit(repo, "topic", { "t.txt": "theirs\n" }, "Theirs");
  await commit(tree, "t.txt", "ours\n");
  expect((await git(tree, "push", "-q", "origin", "HEAD:topic")).stderr).toContain("rejected");
  expect((await git(tree, "push", "-q", "--force", "origin", "HEAD:topic")).exitCode).toBe(0);
  expect((await git(tree, "push", "-q", "origin", ":topic")).exitCode).toBe(0);
  await github.idle();
  const events = heard.map((each) => ({ event: each.headers["x-github-event"], body: JSON.parse(each.body) }));
  expect(events.some(({ event, body }) => event === "push" && body.forced === true)).toBe(true);
  expect(events.some(({ event, body }) => event === "delete" && body.ref === "topic")).toBe(true);
});

test("fetching what is private needs a token that may read it", async () => {
  const { repo, github } = await sample({ private: true });
  const stranger = github.createUser("stranger");
  const dir = await temporaryFolder();
  const lsRemote = async (token?: string) =>
    git(dir, "ls-remote", token === undefined ? repo.cloneUrl : withToken(repo.cloneUrl, token));
  expect((await lsRemote()).stderr).toMatch(/terminal prompts disabled|Authentication failed|could not read/);
  expect((await lsRemote("ghs_nonsense")).stderr).toContain("Authentication failed");
  expect((await lsRemote(stranger.token)).stderr).toContain("not found");
  const token = await installationToken(github, repo.installationId);
  expect((await lsRemote(token)).stdout).toContain("refs/heads/main");
  github.expireTokens();
  expect((await lsRemote(token)).stderr).toContain("Authentication failed");
});

test("pushing needs permission to write: 403 for a reading token, a reader, and an archive", async () => {
  const { repo, github } = await sample();
  const dir = await temporaryFolder();
  const tree = await cloned(github, repo, dir);
  await commit(tree, "x.txt", "x\n");
  const push = async (token: string) => (await git(tree, "push", withToken(repo.cloneUrl, token), "HEAD:x")).stderr;
  const reading = await installationToken(github, repo.installationId, { permissions: { contents: "read" } });
  expect(await push(reading)).toContain("Write access to repository not granted.");
  expect(await push(github.createUser("stranger").token)).toContain("denied to stranger");
  expect(github.state.branches(repo).x).toBeUndefined();
  expect(await push(github.createUser("maintainer").token)).toContain("new branch");
  github.archive(repo);
  expect(await push(github.createUser("maintainer").token)).toContain("403");
});

test("an App without the permission for workflows cannot push one, a person can", async () => {
  const { repo, github } = await sample();
  const tree = await cloned(github, repo, await temporaryFolder());
  await commit(tree, ".github/workflows/ci.yml", "on: push\n");
  const refused = await git(tree, "push", "origin", "HEAD:ci");
  const reason =
    "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission";
  expect(refused.stderr).toMatch(/^ ! \[remote rejected\] HEAD -> ci \(refusing to allow/m);
  expect(refused.stderr).toContain(reason);
  expect(github.state.branches(repo).ci).toBeUndefined();
  const url = withToken(repo.cloneUrl, github.createUser("maintainer").token);
  expect((await git(tree, "push", "-q", url, "HEAD:ci")).exitCode).toBe(0);
  // The workflow is in the repository now: building on it touches none.
  await commit(tree, "y.txt", "y\n");
  expect((await git(tree, "push", "-q", "origin", "HEAD:ci")).exitCode).toBe(0);
});

test("pushes at the same time are told one by one", async () => {
  const { repo, github } = await sample();
  await receiver(github);
  const dir = await temporaryFolder();
  const tree = await cloned(github, repo, dir);
  await commit(tree, "z.txt", "z\n");
  const sha = (await git(tree, "rev-parse", "HEAD")).stdout;
  await Promise.all([1, 2, 3, 4].map((n) => git(tree, "push", "-q", "origin", `HEAD:at-once-${n}`)));
  await github.idle();
  const pushes = github.deliveries().filter((each) => each.event === "push");
  expect(pushes.map((each) => each.request.payload.ref).sort()).toEqual(
    [1, 2, 3, 4].map((n) => `refs/heads/at-once-${n}`),
  );
  expect(pushes.every((each) => each.request.payload.after === sha)).toBe(true);
});

test("the default branch cannot be deleted through REST either, another one can", async () => {
  const { github, repo, at } = await sample();
  await github.commit(repo, "topic", { "a.txt": "a\n" }, "Add");
  const maintainer = person(github, "maintainer");
  const refused = maintainer.git.deleteRef({ ...at, ref: "heads/main" });
  await expect(refused).rejects.toEqual(expect.objectContaining({ status: 422 }));
  await maintainer.git.deleteRef({ ...at, ref: "heads/topic" });
  expect(Object.keys(github.state.branches(repo))).toEqual(["main"]);
});

test("a push whose sender has gone away while it was held up comes to an end", async () => {
  const { repo, github } = await sample();
  const { promise: until, resolve: goOn } = Promise.withResolvers<void>();
  const held = github.faults.api({ times: 1, match: { path: /git-receive-pack$/ }, action: { until } });
  const ended = new Promise<void>((resolve) => {
    github.on("request", (request) => request.path.endsWith("/git-receive-pack") && resolve());
  });
  const sender = new AbortController();
  const push = fetch(`${repo.cloneUrl}/git-receive-pack`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`maintainer:${github.createUser("maintainer").token}`).toString("base64")}`,
      "content-type": "application/x-git-receive-pack-request",
    },
    body: "0000".repeat(1_000),
    signal: sender.signal,
  });
  await held.firing;
  sender.abort();
  await expect(push).rejects.toThrow(/abort/);
  goOn();
  await ended; // or the test runs out of time
});

test("unsigned commits are refused where the rules ask for signatures, in GitHub's words", async () => {
  const { repo, github } = await sample();
  const tree = await cloned(github, repo, await temporaryFolder());
  github.setRules(repo, { signedCommits: true });
  await commit(tree, "a.txt", "a\n");
  await commit(tree, "b.txt", "b\n");
  const sha = (await git(tree, "rev-parse", "HEAD")).stdout;
  const { stderr } = await git(tree, "push", "origin", "HEAD:refs/heads/topic/a", "main");
  for (const line of [
    "remote: error: GH013: Repository rule violations found for refs/heads/topic/a.",
    `remote: Review all repository rules at ${github.url}/octo-org/sample/rules?ref=refs%2Fheads%2Ftopic%2Fa`,
    "remote: - Commits must have verified signatures.",
    "remote:   Found 2 violations:",
    `remote:   ${sha}`,
    " ! [remote rejected] HEAD -> topic/a (push declined due to repository rule violations)",
    " ! [remote rejected] main -> main (push declined due to repository rule violations)",
  ])
    expect(stderr.split("\n").map((each) => each.trimEnd())).toContain(line);
  expect(stderr).not.toContain("simulator");
  expect(Object.keys(github.state.branches(repo))).toEqual(["main"]);
  const signed = `tree ${(await git(tree, "rev-parse", "HEAD^{tree}")).stdout}
parent ${(await git(tree, "rev-parse", "origin/main")).stdout}
author A <a@example.com> 0 +0000
committer A <a@example.com> 0 +0000
gpgsig -----BEGIN SSH SIGNATURE-----
 x
 -----END SSH SIGNATURE-----

Signed
`;
  await writeFile(`${tree}/../signed`, signed);
  const made = await git(tree, "hash-object", "-t", "commit", "-w", "../signed");
  expect((await git(tree, "push", "origin", `${made.stdout}:refs/heads/signed`)).stderr).toContain("new branch");
});

test("a secret in any pushed commit is refused by push protection, with the address that would allow it", async () => {
  const { repo, github } = await sample();
  const tree = await cloned(github, repo, await temporaryFolder());
  github.setRules(repo, { secrets: "ghp_[A-Za-z0-9]{36}" });
  await commit(tree, "src/my key.js", `// keep\nconst token = "ghp_${"a".repeat(36)}";\n`);
  const sha = (await git(tree, "rev-parse", "HEAD")).stdout;
  await commit(tree, "src/my key.js", "// gone\n");
  const { stderr } = await git(tree, "push", "origin", "HEAD:topic");
  for (const text of [
    "GH013: Repository rule violations found for refs/heads/topic.",
    "- GITHUB PUSH PROTECTION",
    "- Push cannot contain secrets",
    `- commit: ${sha}`,
    "path: src/my key.js:2",
    `${github.url}/octo-org/sample/security/secret-scanning/unblock-secret/`,
    "! [remote rejected] HEAD -> topic (push declined due to repository rule violations)",
  ])
    expect(stderr).toContain(text);
  github.setRules(repo, { secrets: undefined });
  expect((await git(tree, "push", "origin", "HEAD:topic")).exitCode).toBe(0);
});
