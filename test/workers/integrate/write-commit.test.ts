import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeCommit } from "../../../workers/integrate/write-commit.ts";
import { git, temporaryFolder, writeFiles } from "../workspace/support.ts";

const WHO = ["AUTHOR", "COMMITTER"].flatMap((role) => [
  [`GIT_${role}_NAME`, "Orch"],
  [`GIT_${role}_EMAIL`, "orch@orch.invalid"],
  [`GIT_${role}_DATE`, "1700000000 +0000"],
]);

function start() {
  const dir = join(temporaryFolder(), "repository");
  mkdirSync(dir);
  git(dir, "init", "-q");
  writeFiles(dir, { "a.txt": "1\n" });
  git(dir, "add", "--all");
  git(dir, "commit", "-qm", "base");
  const [tree, parent] = [git(dir, "rev-parse", "HEAD^{tree}"), git(dir, "rev-parse", "HEAD")];
  const byGit = (input: string) => {
    const env = { ...process.env, ...Object.fromEntries(WHO) };
    const args = ["commit-tree", tree, "-p", parent, "-F", "-"];
    return execFileSync("git", args, { cwd: dir, env, input, encoding: "utf8" }).trim();
  };
  const write = (message: string) => writeCommit(join(dir, ".git"), { tree, parent, message, date: 1_700_000_000 });
  return { dir, tree, parent, byGit, write };
}

test.each([
  ["with a body and trailers", "Do it\n\nAll of it.\n\nOrch-Node: one\n"],
  ["without a newline at the end", "Do it"],
  ["with characters of more than one byte", "Straße – 道\n"],
])("a commit %s has the id that git gives it", (_, message) => {
  const { write, byGit } = start();
  expect(write(message)).toBe(byGit(message));
});

test("git reads it, finds nothing wrong with it, and it may be written again", () => {
  const { dir, write, tree, parent } = start();
  const sha = write("Do it\n");
  expect(write("Do it\n")).toBe(sha);
  expect(git(dir, "log", "-1", "--format=%T %P %an %ce %ct %s", sha)).toBe(
    `${tree} ${parent} Orch orch@orch.invalid 1700000000 Do it`,
  );
  git(dir, "update-ref", "refs/heads/made", sha);
  expect(git(dir, "fsck", "--strict", "--no-dangling")).toBe("");
});

test("what is no commit is not written", () => {
  const { dir, tree, parent, write } = start();
  const commit = { tree, parent, message: "Do it", date: 1_700_000_000 };
  expect(() => write("Do\0it")).toThrow("NUL");
  expect(() => writeCommit(dir, { ...commit, tree: "main" })).toThrow("commit id");
  expect(() => writeCommit(dir, { ...commit, date: 1.5 })).toThrow("time");
});
