/** One ref by its exact name, as git has it: loose, packed, moved or gone. */
import { expect, test } from "vitest";
import { asBot, octokit, person, sample } from "./support/setting.ts";

const answered = { status: 404 };

test("a ref is found by its whole name only, and one in the neighbourhood of the refs is none", async () => {
  const { github, repo, at } = await sample();
  const sha = await github.commit(repo, "größe/50%(x)", { "a.txt": "1\n" }, "Add");
  const shown = async (ref: string) => (await octokit(github).git.getRef({ ...at, ref })).data;
  expect(await shown("heads/größe/50%(x)")).toMatchObject({ ref: "refs/heads/größe/50%(x)", object: { sha } });
  for (const ref of [
    ...["heads/größe", "heads/mai", "heads/main/x", "heads/main.lock", "heads", `heads/${"x".repeat(300)}`],
    ...["heads/../../HEAD", "heads/../heads/main", "heads//main", "heads/\0", "pull/1/head"],
  ])
    await expect(shown(ref), ref).rejects.toMatchObject(answered);
});

test("a packed ref is found, also after it moved and after it went", async () => {
  const { github, repo } = await sample();
  await github.commit(repo, "topic", { "a.txt": "1\n" }, "Add");
  const { main, topic } = github.state.branches(repo);
  const other = await github.fork(repo, { as: "maintainer" }); // a bare clone has all its refs packed
  const maintainer = person(github, "maintainer");
  const at = { owner: other.owner, repo: other.name };
  const tip = async (branch: string) =>
    (await maintainer.git.getRef({ ...at, ref: `heads/${branch}` })).data.object.sha;
  expect([await tip("main"), await tip("topic")]).toEqual([main, topic]);
  const moved = await github.commit(other, "main", { "b.txt": "2\n" }, "Add more", "maintainer");
  await maintainer.git.deleteRef({ ...at, ref: "heads/topic" });
  expect(await tip("main")).toBe(moved);
  await expect(tip("topic")).rejects.toMatchObject(answered);
});

test("an empty repository says that it is empty", async () => {
  const { github } = await sample();
  const { owner, name: repo } = await github.createRepository({ owner: "octo-org", name: "empty", files: {} });
  await expect(octokit(github).git.getRef({ owner, repo, ref: "heads/main" })).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining("Git Repository is empty."),
  });
});

test("a private repository's refs need permission to read its contents", async () => {
  const { github, repo, at } = await sample({ private: true });
  const ask = async (permissions: Record<string, "read">) =>
    (await asBot(github, repo.installationId, { permissions })).git.getRef({ ...at, ref: "heads/main" });
  expect((await ask({ contents: "read" })).status).toBe(200);
  await expect(ask({ issues: "read" })).rejects.toMatchObject({ status: 403 });
});
