import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { changesText, MAX_DIFF, parseChanges } from "../../../src/task/unpublished.ts";
import {
  checkpointDir,
  findCheckpoints,
  type Ready,
  readCheckpoint,
  removeCheckpoint,
} from "../../../workers/checkpoints/checkpoint-store.ts";
import { clearCheckpoints } from "../../../workers/checkpoints/clear-checkpoints.ts";
import { exportToBundle, exportToFolder } from "../../../workers/checkpoints/export-checkpoint.ts";
import { readChanges } from "../../../workers/checkpoints/read-changes.ts";
import { takeCheckpoint } from "../../../workers/checkpoints/take-checkpoint.ts";
import { startRun } from "../publish/support.ts";
import { asRoot, git, temporaryFolder } from "../workspace/support.ts";

const log = pino({ level: "silent" });
const TASK = "tabcdefghijklmno";

async function startWork() {
  const run = await startRun({ taskId: TASK });
  const { dataDir } = run.host;
  const { workspace, driver, confinement, mirror, branch } = run;
  const of = { workspace, driver, confinement, mirror, branch };
  const take = (ready?: Ready, more: Partial<typeof of> = {}) =>
    takeCheckpoint({ ...of, ...more, dataDir, taskId: TASK, repositoryId: 1, baseSha: run.base, until: 9, ready, log });
  return { ...run, dataDir, take };
}

describe("a checkpoint", () => {
  test("holds commits, what is not committed, other branches and what is stashed, and leaves the agent's repository alone", async () => {
    const work = await startWork();
    work.agent(
      "echo 1 > one; git add one; git commit -qm one; git checkout -q -b other; echo o > other; git add other; git commit -qm o",
    );
    work.agent("git checkout -q -; echo s >> README.md; git stash -q; echo new > new.txt; echo 2 > one; git add one");
    const before = work.agent("git status --porcelain; git for-each-ref; git rev-parse HEAD; git ls-files -s");
    const taken = await work.take();
    expect(taken).toMatchObject({ commits: 1, files: 2, elsewhere: 3, branch: work.branch });
    expect(work.agent("git status --porcelain; git for-each-ref; git rev-parse HEAD; git ls-files -s")).toBe(before);
    const store = join(work.dataDir, "host", "checkpoints", `${TASK}.git`);
    expect(git(store, "show", "refs/orch/all:new.txt")).toBe("new");
    expect(git(store, "show", "refs/orch/all:one")).toBe("2");
    expect(git(store, "show", "refs/orch/head:one")).toBe("1");
    expect(git(store, "log", "--format=%s", "refs/orch/all")).toMatch(/^o$/m);
    expect(git(store, "log", "--format=%s", "refs/orch/all")).toMatch(/^(WIP )?on /im);
    // Other tasks' agents read the mirror.
    expect(() => git(work.mirror.dir, "cat-file", "-e", taken?.head ?? "")).toThrow();
  });

  test("is compared with its base for people: as text that does nothing, without secrets, and bounded", async () => {
    const work = await startWork();
    const read = () => readChanges(work.dataDir, TASK, new AbortController().signal);
    expect(await read()).toBe("gone");
    const token = `ghp_${"a1B2".repeat(9)}`;
    work.agent(
      `printf 'key=%s\\n\\033[2J<img src=x>\\n' ${token} > new.txt; echo changed >> README.md; git config diff.external 'touch /tmp/pwned'`,
    );
    work.agent("printf '*.txt diff=evil\\n' > .gitattributes; git config diff.evil.textconv 'touch pwned; cat'");
    await work.take();
    const small = await read();
    if (small === "gone") throw new Error("there is one");
    expect(small).toMatchObject({ baseSha: work.base, whole: true });
    expect(small.diff).toContain("+changed");
    expect(small.diff).toContain("+<img src=x>");
    expect(small.diff).not.toContain(token);
    expect(small.diff).not.toContain("\u001b");
    expect(work.agent("ls")).not.toContain("pwned");
    // A line of each is all that fits of a hundred thousand; of one that is large nothing is shown but its name.
    work.agent("seq 100000 > many.txt; head -c 3000000 /dev/zero | tr '\\0' x > large.txt");
    await work.take();
    const large = await read();
    if (large === "gone") throw new Error("there is one");
    expect(large.whole).toBe(false);
    expect(Buffer.byteLength(large.diff)).toBeLessThanOrEqual(MAX_DIFF);
    expect(large.diff).toContain("Binary files /dev/null and b/large.txt differ");
    expect(parseChanges(changesText(large))).toEqual(large);
    await removeCheckpoint(work.dataDir, TASK);
    expect(await read()).toBe("gone");
  });

  test("is taken again and again, each time with what there is by then", async () => {
    const work = await startWork();
    expect(await work.take()).toMatchObject({ commits: 0, files: 0, elsewhere: 0 });
    work.agent("echo 1 > one");
    expect(await work.take()).toMatchObject({ commits: 0, files: 1 });
    work.agent("git add one; git commit -qm one; echo 2 > two");
    expect(await work.take()).toMatchObject({ commits: 1, files: 2 });
    expect(findCheckpoints(work.dataDir)).toMatchObject([{ taskId: TASK, commits: 1, files: 2 }]);
  });

  test("of work that has not changed takes the objects that are there, and is as new as any", async () => {
    const work = await startWork();
    work.agent("git checkout -q -b other; git commit -qm o --allow-empty; git checkout -q -; echo 1 > one");
    const first = await work.take();
    const nowhere = { mirror: { ...work.mirror, dir: "/nowhere" } };
    const again = await work.take(undefined, nowhere);
    expect(again).toEqual({ ...first, takenAt: expect.any(Number), tookMs: expect.any(Number) });
    expect(again?.takenAt).toBeGreaterThan(first?.takenAt ?? 0);
    expect(readCheckpoint(work.dataDir, TASK)).toEqual(again);
    work.agent("echo 2 > one");
    await expect(work.take(undefined, nowhere)).rejects.toThrow();
    // What the agent has cleared away of the last one is made anew.
    work.agent("echo 1 > one; git prune --expire=now");
    expect(await work.take()).toMatchObject({ files: 1, elsewhere: 1 });
  });

  test("is taken of a merge and of a rebase that stopped, with the conflicts as they stand in the files", async () => {
    const work = await startWork();
    work.agent("git checkout -q -b a; echo a > README.md; git commit -qam a; git checkout -q -; echo b > README.md");
    work.agent("git commit -qam b; git merge a >/dev/null || true");
    expect(await work.take()).toMatchObject({ commits: 1, files: 1 });
    work.agent("git merge --abort; git rebase a >/dev/null 2>&1 || true");
    const taken = await work.take();
    const store = join(work.dataDir, "host", "checkpoints", `${TASK}.git`);
    expect(git(store, "show", `${taken?.all}:README.md`)).toContain("<<<<<<<");
    expect(git(store, "log", "--format=%s", taken?.all ?? "")).toMatch(/^b$/m);
  });

  test("has the files of repositories within the repository, also of one within such a one", async () => {
    const work = await startWork();
    work.agent(
      "mkdir -p 'a clone/deep/inner'; cd 'a clone'; git init -q; echo one > one; git add one; git -c user.name=a -c user.email=a@b commit -qm one",
    );
    work.agent("cd 'a clone'; echo two > two; cd deep/inner; git init -q; echo three > three; echo x > ../beside");
    expect(await work.take()).toMatchObject({ commits: 0, files: 4 });
    const store = join(work.dataDir, "host", "checkpoints", `${TASK}.git`);
    const all = readCheckpoint(work.dataDir, TASK)?.all ?? "";
    expect(git(store, "ls-tree", "-r", "--name-only", all).split("\n")).toEqual(
      expect.arrayContaining(["a clone/deep/beside", "a clone/deep/inner/three", "a clone/one", "a clone/two"]),
    );
    expect(git(store, "ls-tree", "-r", all)).not.toContain("160000");
    expect(work.agent("git status --porcelain")).toBe('?? "a clone/"');
  });

  test("is none where git cannot read what the agent has left", async () => {
    const work = await startWork();
    work.agent("rm .git; echo 'gitdir: /nowhere' > .git");
    expect(await work.take()).toBeUndefined();
    expect(readCheckpoint(work.dataDir, TASK)).toBeUndefined();
  });

  test.runIf(asRoot)("runs nothing of the agent's as the host, and shows nothing to its user", async () => {
    const work = await startWork();
    const trap = join(work.workspace.tmpDir, "who");
    work.agent(`git config core.fsmonitor "id -u > ${trap}; false"; git config core.hooksPath hooks; mkdir hooks`);
    work.agent(
      `printf '#!/bin/sh\\nid -u > ${trap}\\n' > hooks/reference-transaction; chmod +x hooks/reference-transaction`,
    );
    expect(await work.take()).toMatchObject({ files: 1 });
    if (existsSync(trap)) expect(readFileSync(trap, "utf8").trim()).not.toBe("0");
    expect(() => work.agent(`ls ${join(work.dataDir, "host", "checkpoints")}`)).toThrow(/Permission denied/);
  });

  test("of work that was to be published holds that, whatever came after", async () => {
    const work = await startWork();
    work.agent("echo 1 > one; git add one; git commit -qm one");
    const tip = work.agent("git rev-parse HEAD");
    work.agent("git reset -q --hard HEAD~1; echo 2 > two");
    const hidden = { paths: ["lib/plus.js"], more: 0 };
    const verification = { command: "npm test", exitCode: 0, rounds: 2, outputTail: "", hidden };
    const taken = await work.take({ tip, commits: 1, agent: "claude", verification });
    expect(taken).toMatchObject({ commits: 0, files: 1, ready: { tip, commits: 1 } });
    // Or the task that takes it up would call it verified.
    expect(readCheckpoint(work.dataDir, TASK)?.ready?.verification).toEqual(verification);
    expect(git(join(work.dataDir, "host", "checkpoints", `${TASK}.git`), "rev-parse", "refs/orch/ready")).toBe(tip);
  });
});

describe("a person gets it out", () => {
  async function takeOne() {
    const work = await startWork();
    work.agent(
      "echo 1 > one; git add one; git commit -qm one; echo 'ü' > 'a b.txt'; printf '*.txt filter=evil\\n' > .gitattributes",
    );
    const taken = await work.take();
    if (!taken) throw new Error("nothing was taken");
    return { work, exportable: { ...taken, store: checkpointDir(work.dataDir, TASK) } };
  }

  test("as a folder, a repository of its own that stands when the store is gone", async () => {
    const { work, exportable } = await takeOne();
    const dir = join(temporaryFolder(), "rescued");
    await exportToFolder(exportable, dir);
    await removeCheckpoint(work.dataDir, TASK);
    expect(readFileSync(join(dir, "a b.txt"), "utf8")).toBe("ü\n");
    expect(git(dir, "log", "--format=%s", "--max-count=2")).toBe("Everything that the agent had made\none");
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(git(dir, "fsck", "--no-progress")).toBe("");
    await expect(exportToFolder(exportable, dir)).rejects.toThrow(/is not empty/);
  });

  test("as a bundle, which a clone fetches from", async () => {
    const { work, exportable } = await takeOne();
    const file = join(temporaryFolder(), "rescued.bundle");
    await exportToBundle(exportable, file);
    const clone = join(temporaryFolder(), "clone");
    git(temporaryFolder(), "clone", "-q", work.remote.clone, clone);
    git(clone, "fetch", "-q", file, "orch-checkpoint");
    expect(git(clone, "show", "FETCH_HEAD:one")).toBe("1");
    await expect(exportToBundle(exportable, file)).rejects.toThrow(/exists already/);
  });
});

test("where all together are too large the oldest go, but none of a task that is under way", async () => {
  const work = await startWork();
  work.agent("echo 1 > one");
  await work.take();
  const clear = (isLive: boolean) => clearCheckpoints({ dataDir: work.dataDir, isLive: () => isLive, log }, 10);
  await clear(true);
  expect(findCheckpoints(work.dataDir)).toHaveLength(1);
  await clear(false);
  expect(findCheckpoints(work.dataDir)).toEqual([]);
});
