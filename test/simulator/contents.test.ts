/** Files and history as git has them, whatever bytes are in them. */
import { symlink, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { git, octokit, person, receiver, sample, temporaryFolder, withToken } from "./support/setting.ts";

test("a file comes back byte for byte, as Base64 and raw, with its size", async () => {
  const { github, at } = await sample();
  const maintainer = person(github, "maintainer");
  const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0x00, 0x80, 0x0d, 0x0a]);
  const on = { ...at, path: "logo.png" };
  const content = bytes.toString("base64").replace(/.{4}/g, "$&\n");
  const written = await maintainer.repos.createOrUpdateFileContents({ ...on, message: "Add a logo", content });
  expect(written.data.content?.size).toBe(bytes.length);
  const shown = (await maintainer.repos.getContent(on)).data as { content: string; size: number };
  expect([Buffer.from(shown.content, "base64"), shown.size]).toEqual([bytes, bytes.length]);
  const raw = await fetch(`${github.url}/repos/octo-org/sample/contents/logo.png`, {
    headers: { accept: "application/vnd.github.raw+json" },
  });
  expect(Buffer.from(await raw.arrayBuffer())).toEqual(bytes);
});

test("the root is listed, and file names keep their tabs", async () => {
  const { github, repo, at } = await sample();
  await github.commit(repo, "main", { "a\tb\tc.txt": "x\n" }, "Add");
  const names = async (path: string) => {
    const { data } = await octokit(github).repos.getContent({ ...at, path });
    return (data as { name: string }[]).map((each) => each.name);
  };
  expect(await names("")).toEqual(["README.md", "a\tb\tc.txt", "src"]);
  const bare = await fetch(`${github.url}/repos/octo-org/sample/contents`, { headers: { accept: "application/json" } });
  expect(bare.status).toBe(200);
});

test("only a line feed ends a line of a diff: numbers, patches and pages count the same", async () => {
  const { github, repo, at } = await sample();
  const odd = ["a\rdiff --git a/q b/q", "b\u2028diff --git a/q b/q", "c\u2029@@ -1 +1 @@", "d\r@@ -9 +9 @@"];
  await github.commit(repo, "odd", { "a.txt": `${odd.join("\n")}\n`, "z.txt": "last\n" }, "Add odd lines");
  const { number } = await github.openPull(repo, { as: "maintainer", title: "Odd", head: "odd", base: "main" });
  const on = { ...at, pull_number: number };
  const anybody = octokit(github);
  expect((await anybody.pulls.get(on)).data).toMatchObject({ additions: 5, deletions: 0, changed_files: 2 });
  expect((await anybody.pulls.listFiles(on)).data.map((each) => [each.filename, each.additions, each.patch])).toEqual([
    ["a.txt", 4, `@@ -0,0 +1,4 @@\n${odd.map((line) => `+${line}`).join("\n")}`],
    ["z.txt", 1, "@@ -0,0 +1 @@\n+last"],
  ]);
  const page = await (await fetch(`${github.url}/octo-org/sample/pull/${number}`)).text();
  expect(page).toContain("Files (2)");
  expect(page.match(/<details class="file"/g)).toHaveLength(2);
});

test("a commit with control characters, an address that is none and a date far away is told like any other", async () => {
  const { github, repo, at } = await sample();
  const heard = await receiver(github);
  const dir = await temporaryFolder();
  const url = withToken(repo.cloneUrl, github.createUser("maintainer").token);
  await git(dir, "clone", "-q", url, "tree");
  const tree = `${dir}/tree`;
  await writeFile(`${dir}/message`, "bad \u0001 message \u001f with \u001b[31m all\n");
  await writeFile(`${tree}/a.txt`, "a\n");
  await git(tree, "add", ".");
  const author = ["--author", "A <no address at all>", "--date", "@999999999999 +0000"];
  expect((await git(tree, "commit", "-q", ...author, "-F", `${dir}/message`)).exitCode).toBe(0);
  const pushed = await git(tree, "push", "-q", "origin", "HEAD:odd");
  expect(pushed.exitCode, pushed.stderr).toBe(0);
  await github.idle();
  const push = heard.map((each) => JSON.parse(each.body)).find((each) => each.ref === "refs/heads/odd" && each.commits);
  const message = "bad \u0001 message \u001f with \u001b[31m all";
  expect(push.commits.map((each: { message: string; added: string[] }) => [each.message, each.added])).toEqual([
    [message, ["a.txt"]],
  ]);
  expect(push.head_commit.author).toMatchObject({ name: "A", email: "no address at all" });
  const commits = (await octokit(github).repos.listCommits({ ...at, sha: "odd" })).data;
  expect(commits.map((each) => each.commit.message)).toEqual([message, "Initial commit"]);
  expect(commits[0]?.commit.author?.date).toBe("9999-12-31T23:59:59Z");
  expect(github.state.log(repo, "odd").map((each) => each.subject)).toEqual([message, "Initial commit"]);
});

test("a symbolic link tells its target and is not followed; a submodule is listed and not found", async () => {
  const { github, repo, at } = await sample();
  const dir = await temporaryFolder();
  await git(dir, "clone", "-q", withToken(repo.cloneUrl, github.createUser("maintainer").token), "tree");
  const tree = `${dir}/tree`;
  await symlink("/etc/passwd", `${tree}/link`);
  await git(tree, "update-index", "--add", "--cacheinfo", `160000,${github.state.branches(repo).main},module`);
  await git(tree, "add", "link");
  await git(tree, "commit", "-q", "-m", "Add a link and a module");
  expect((await git(tree, "push", "-q", "origin", "HEAD:odd")).exitCode).toBe(0);
  const get = async (path: string) => (await octokit(github).repos.getContent({ ...at, path, ref: "odd" })).data;
  expect(await get("link")).toMatchObject({ type: "symlink", target: "/etc/passwd" });
  const listed = (await get("")) as { name: string; type: string }[];
  expect(listed.map((each) => [each.name, each.type])).toEqual([
    ["README.md", "file"],
    ["link", "symlink"],
    ["module", "submodule"],
    ["src", "dir"],
  ]);
  await expect(get("module")).rejects.toEqual(expect.objectContaining({ status: 404 }));
});
