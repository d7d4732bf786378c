/** What an agent leaves in the middle, or in another place: found in its repository as it is, and told so that it can mend it. */
import { expect, test } from "vitest";
import { startRun } from "./support.ts";

/** Two commits that do not go together: one on `other`, one on the task's branch. */
const CONFLICT = `git checkout -q -b other; echo other > README.md; git commit -qam other; git checkout -q -
  echo mine > README.md; git commit -qam mine`;

test.for([
  ["merge", "git merge other", "`git merge --abort`"],
  ["rebase", "git rebase other", "`git rebase --continue`"],
  ["cherry-pick", "git cherry-pick other", "`git cherry-pick --continue`"],
  ["revert", "git cherry-pick -X ours other -n; git commit -qm picked; git revert HEAD~1", "`git revert --continue`"],
  ["am", "git format-patch -q -1 other --stdout > ../home/p; git am -3 ../home/p", "`git am --abort`"],
] as const)(
  "a %s that stopped at a conflict is named with its files, and nothing is committed over it",
  async (row) => {
    const [operation, script, how] = row;
    const run = await startRun();
    run.agent(`${CONFLICT}; (${script}) >/dev/null 2>&1 || true`);
    expect(await run.commitLeftovers()).toEqual({ kind: "unfinished" });
    const { stopped } = await run.unfinished();
    expect(stopped).toEqual([
      {
        reason: `The agent left a ${operation} that is not finished, with conflicts in \`README.md\`.`,
        remedy: expect.stringContaining(how),
      },
    ]);
  },
);

test("a rebase that stopped for an edit is not finished, though there is no conflict", async () => {
  const run = await startRun();
  run.agent(`for i in 1 2; do echo $i > a; git add a; git commit -qm $i; done
    GIT_SEQUENCE_EDITOR='sed -i s/^pick/edit/' git rebase -q -i HEAD~2 2>/dev/null`);
  expect(await run.commitLeftovers()).toEqual({ kind: "unfinished" });
  expect((await run.unfinished()).stopped).toMatchObject([{ reason: "The agent left a rebase that is not finished." }]);
});

test("a bisect that stands somewhere in history is not finished; one that has not begun to move is no matter", async () => {
  const run = await startRun();
  run.agent("for i in 1 2 3; do echo $i > a; git add a; git commit -qm $i; done; git bisect start >/dev/null");
  expect(await run.commitLeftovers()).toEqual({ kind: "nothing" });
  run.agent("git bisect bad >/dev/null; git bisect good HEAD~3 >/dev/null");
  expect(await run.commitLeftovers()).toEqual({ kind: "unfinished" });
  expect((await run.unfinished()).stopped).toMatchObject([{ remedy: expect.stringContaining("`git bisect reset`") }]);
});

test("conflicts of a stash that was applied are named", async () => {
  const run = await startRun();
  run.agent(`echo stashed > README.md; git stash -q; echo mine > README.md; git commit -qam mine
    git stash pop >/dev/null 2>&1 || true`);
  expect(await run.commitLeftovers()).toEqual({ kind: "unfinished" });
  expect((await run.unfinished()).stopped).toMatchObject([
    { reason: "The agent left merge conflicts open in `README.md`." },
  ]);
});

const COMMIT = "echo new > new.txt; git add new.txt; git commit -qm new";

test.for([
  ["another branch", `git checkout -q -b fix/it; ${COMMIT}; git checkout -q -`, "1 commit on the branch `fix/it`"],
  ["a stash", "echo new > new.txt; git add new.txt; git stash -q", "changes in a stash"],
  ["no branch", `git checkout -q --detach; ${COMMIT}; git checkout -q -`, "1 commit on no branch (the newest is `"],
  [
    "another worktree's branch",
    `git worktree add -q -b side ../home/side; cd ../home/side; ${COMMIT}`,
    "1 commit on the branch `side`",
  ],
] as const)("work on %s is found where the branch has none", async ([, script, where]) => {
  const run = await startRun();
  run.agent(script);
  expect(await run.commitLeftovers()).toEqual({ kind: "nothing" });
  expect((await run.collect()).commits).toBe(0);
  const { stopped, elsewhere } = await run.unfinished();
  expect(stopped).toEqual([]);
  expect(elsewhere).toMatchObject({
    reason: expect.stringContaining(where),
    remedy: expect.stringContaining(`onto \`${run.branch}\``),
  });
});

test("what the agent made and took back itself is not work elsewhere", async () => {
  const run = await startRun();
  run.agent(`${COMMIT}; git reset -q --hard HEAD~1`);
  expect(await run.unfinished()).toEqual({ stopped: [], elsewhere: undefined });
});

test("a hostile repository bends no sentence and delays nobody", async () => {
  const run = await startRun();
  run.agent(`git checkout -q -b 'a\`b<x>'; ${COMMIT}; git checkout -q -; git config alias.status '!touch /tmp/ran'
    git config core.fsmonitor 'touch ran'; git config core.pager 'touch ran'`);
  expect((await run.unfinished()).elsewhere?.reason).toContain("`a?b");
  expect(run.agent("ls")).toBe("README.md");
});
