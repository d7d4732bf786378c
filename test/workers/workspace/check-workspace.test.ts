import { existsSync, lstatSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  checkWorkspaceOf,
  layCheckWorkspace,
  removeCheckWorkspace,
} from "../../../workers/workspace/check-workspace.ts";
import { startRun } from "../publish/support.ts";
import { asAgent, slotUser, startRemote } from "./support.ts";

const FILES = { "a.txt": "1\n", "b.txt": "b\n", ".gitignore": "deps/\n" };

async function laid(script: string) {
  const run = await startRun({ remote: await startRemote(FILES) });
  run.agent(script);
  const { tip } = await run.collect();
  const of = { dataDir: run.host.dataDir, taskId: run.taskId, user: slotUser, workspace: run.workspace, tip };
  const lay = () => layCheckWorkspace(of, { quarantineDir: run.quarantine.dir, mirror: run.mirror });
  return { run, of, lay, check: await lay() };
}

test("a check's workspace has the agent's commits and nothing else of the agent's", async () => {
  const { run, check } = await laid(`
    echo 2 > a.txt; git commit -qam two; mkdir deps; echo 1 > deps/x; echo 1 > new.txt; echo changed > b.txt
    echo 1 > ../home/.npmrc; echo 1 > ../tmp/x; git config alias.sum '!true'`);
  expect(asAgent(check.treeDir, "ls -A; cat a.txt b.txt; git status --porcelain; git log --format=%s -1")).toBe(
    ".git\n.gitignore\na.txt\nb.txt\n2\nb\ntwo",
  );
  expect(asAgent(check.dir, "ls -A home tmp; git -C tree config alias.sum || echo none")).toBe("home:\n\ntmp:\nnone");
  expect(check.inside).toEqual(run.workspace.inside);
});

test("objects that the agent has forged in its repository are not in it", async () => {
  // git takes a loose object at its word when it reads it.
  const { check } = await laid(`
    echo 2 > a.txt; git commit -qam two
    sha=$(git rev-parse HEAD:b.txt); file=../repo.git/objects/$(echo $sha | sed 's#^..#&/#'); mkdir -p $(dirname $file)
    other=$(echo forged | git hash-object -w --stdin); cp -f ../repo.git/objects/$(echo $other | sed 's#^..#&/#') $file`);
  expect(asAgent(check.treeDir, "cat b.txt; git cat-file blob HEAD:b.txt")).toBe("b\nb");
});

test("it is made anew in the place of an earlier one, and removed with all that a check has left and locked", async () => {
  const { of, lay, check } = await laid("echo 2 > a.txt; git commit -qam two");
  asAgent(check.treeDir, "echo 1 > report.xml; mkdir locked; echo 1 > locked/x; chmod 000 locked; echo 3 > a.txt");
  expect(asAgent((await lay()).treeDir, "ls; cat a.txt")).toBe("a.txt\nb.txt\n2");
  expect(checkWorkspaceOf(of).treeDir).toBe(check.treeDir);
  expect(lstatSync(check.dir).mode & 0o077).toBe(0);
  // As a host leaves it that died in the middle of making the next.
  renameSync(check.dir, `${check.dir}.old`);
  await lay();
  await removeCheckWorkspace(of);
  await removeCheckWorkspace(of);
  expect(existsSync(`${check.dir}.old`)).toBe(false);
  expect(existsSync(join(check.dir))).toBe(false);
});

test("one that has many files is put aside for the next, and both are gone in the end", async () => {
  const { of, lay, check } = await laid("echo 2 > a.txt; git commit -qam two");
  const old = check.dir;
  asAgent(check.treeDir, "mkdir many; cd many; seq 1 5000 | xargs touch");
  await lay();
  expect(readdirSync(join(old, "tree")).sort()).toEqual([".git", ".gitignore", "a.txt", "b.txt"]);
  await removeCheckWorkspace(of);
  expect([existsSync(old), existsSync(`${old}.old`)]).toEqual([false, false]);
});
