import { expect, test } from "vitest";
import { showTip } from "../../../workers/publish/show-tip.ts";
import { startRemote } from "../workspace/support.ts";
import { startRun } from "./support.ts";

const FILES = {
  "a.txt": "1\n",
  "b.txt": "1\n",
  "folder/c.txt": "1\n",
  "untouched.txt": "1\n",
  ".gitignore": "deps/\n",
  link: { link: "a.txt" },
};

/** A run whose agent did what `script` says, committed or not; then the tree is made what would be published. */
async function shown(script: string) {
  const run = await startRun({ remote: await startRemote(FILES) });
  run.agent(script);
  const before = run.agent("stat -c %y untouched.txt");
  const leftovers = await run.commitLeftovers();
  const { tip } = await run.collect();
  const { workspace, mirror, driver, confinement } = run;
  const done = await showTip({ tip, workspace, mirror, driver, confinement });
  return { ...run, tip, done, leftovers, before };
}

test("what git was told not to see is undone before the check", async () => {
  const { agent, done } = await shown(`
    git update-index --assume-unchanged a.txt; echo hidden > a.txt
    git update-index --skip-worktree b.txt; echo hidden > b.txt
    echo honest > folder/c.txt`);
  expect(done).toBe(true);
  expect(agent("cat a.txt b.txt folder/c.txt")).toBe("1\n1\nhonest");
});

test("files that a private list hides are gone, those that the repository ignores stay", async () => {
  const { agent, done } = await shown(`
    mkdir -p ../repo.git/info; echo secret-fix.js >> ../repo.git/info/exclude; mkdir -p deps; echo 1 > secret-fix.js; echo 1 > deps/lib.js
    echo 1 > new.txt`);
  expect(done).toBe(true);
  expect(agent("ls")).toBe("a.txt\nb.txt\ndeps\nfolder\nlink\nnew.txt\nuntouched.txt");
  expect(agent("cat deps/lib.js")).toBe("1");
});

test("a filter of the agent's cannot commit one thing and show another", async () => {
  const { agent, done } = await shown(`
    git config filter.two.clean 'sed s/shown/committed/'; echo 'a.txt filter=two' > .gitattributes; echo shown > a.txt`);
  expect(done).toBe(true);
  expect(agent("cat a.txt")).toBe("committed");
});

test("a tree that is right already is not touched", async () => {
  const { agent, done, before, leftovers } = await shown(
    "echo 2 > a.txt; ln -sf b.txt link; chmod +x b.txt; rm -r folder",
  );
  expect([done, leftovers]).toEqual([true, { kind: "committed" }]);
  expect(agent("stat -c %y untouched.txt")).toBe(before);
  expect(agent("cat a.txt; readlink link; test -x b.txt && ls; git status --porcelain")).toBe(
    "2\nb.txt\na.txt\nb.txt\nlink\nuntouched.txt",
  );
});

test("a folder in the place of a file, and a repository inside the tree, are put right", async () => {
  const { agent, done } = await shown(`
    git update-index --assume-unchanged a.txt; rm a.txt; mkdir -p a.txt/inner; echo 1 > a.txt/inner/x
    mkdir -p ../repo.git/info; echo inner/ >> ../repo.git/info/exclude; git init -q inner; echo 1 > inner/x`);
  expect(done).toBe(true);
  expect(agent("cat a.txt; ls")).toBe("1\na.txt\nb.txt\nfolder\nlink\nuntouched.txt");
});

test("a folder that the agent locked against itself is an answer, not a crash", async () => {
  const run = await startRun();
  run.agent("mkdir locked; echo 1 > locked/x; git add locked/x; git commit -qm x; chmod 000 locked");
  const { tip } = await run.collect();
  const { workspace, mirror, driver, confinement } = run;
  expect(await showTip({ tip, workspace, mirror, driver, confinement })).toBe(false);
});
