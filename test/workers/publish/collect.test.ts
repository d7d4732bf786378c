import { createHash } from "node:crypto";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { CollectFailed } from "../../../workers/publish/collect-failed.ts";
import { asAgent, asRoot, git } from "../workspace/support.ts";
import { startRun } from "./support.ts";

test("what the agent left uncommitted is committed, once", async () => {
  const run = await startRun();
  expect(await run.commitLeftovers()).toEqual({ kind: "nothing" });
  run.agent("echo new > new.txt; rm README.md; touch $(git rev-parse --git-dir)/index.lock");
  expect(await run.commitLeftovers()).toEqual({ kind: "committed" });
  expect(await run.commitLeftovers()).toEqual({ kind: "nothing" });
  expect(run.agent("git status --porcelain; git log --format='%s|%an' -1; git ls-files")).toBe(
    "Repair the sum|Orch agent\nnew.txt",
  );
});

test("a merge with open conflicts is not committed", async () => {
  const run = await startRun();
  run.agent("git checkout -q -b other; echo 1 > README.md; git commit -qam one; git checkout -q -; echo 2 > README.md");
  run.agent("git commit -qam two; git merge other >/dev/null || true");
  expect(await run.commitLeftovers()).toEqual({ kind: "unfinished" });
  run.agent("git add README.md");
  expect(await run.commitLeftovers()).toEqual({ kind: "committed" });
  expect((await run.collect()).commits).toBe(3);
});

test("commits arrive in the quarantine and never in the mirror, wherever the agent's HEAD is", async () => {
  const run = await startRun();
  expect(await run.collect()).toEqual({ tip: run.base, commits: 0 });
  run.agent("echo 1 > a; git add a; git commit -qm one; git checkout -q -b mine; echo 2 > a; git commit -qam two");
  const { tip, commits } = await run.collect();
  expect(commits).toBe(2);
  expect(git(run.quarantine.dir, "rev-parse", "refs/orch/tip")).toBe(tip);
  expect(() => git(run.mirror.dir, "cat-file", "-e", tip)).toThrow();
  expect(git(run.quarantine.dir, "show", `${tip}:a`)).toBe("2");
  expect(await run.collect()).toEqual({ tip, commits });
  run.agent("git rm -q a; git commit -qm 'away again'");
  expect((await run.collect()).commits).toBe(0);
});

test("an agent that ruins its repository fails alone: the error says whose doing it is", async () => {
  const run = await startRun();
  for (const ruin of [
    "rm .git; echo 'gitdir: /nowhere' > .git",
    "rm -r ../repo.git",
    "rm -rf ./* ./.git; chmod 000 .",
  ]) {
    run.agent(ruin);
    await expect(run.collect()).rejects.toBeInstanceOf(CollectFailed);
  }
});

test("a bundle in the place of the tree is not read, be it the agent's or one that only the host can reach", async () => {
  const run = await startRun();
  const secret = join(run.host.dataDir, "elsewhere.bundle");
  git(run.remote.clone, "bundle", "create", "-q", secret, "HEAD");
  await chmod(secret, 0o600);
  for (const lay of [`ln -s ${secret} tree`, "git -C away bundle create -q ../tree HEAD"]) {
    asAgent(run.workspace.dir, `mv tree away; ${lay}`);
    await expect(run.collect()).rejects.toBeInstanceOf(CollectFailed);
    asAgent(run.workspace.dir, "rm tree; mv away tree");
  }
  expect(git(run.quarantine.dir, "for-each-ref", "refs/orch/tip")).toBe("");
});

test("a malformed object does not get into the quarantine", async () => {
  const run = await startRun();
  // A tree with an entry named `.git`, which checks out as a repository's configuration.
  run.agent(`
    blob=$(echo '[core]' | git hash-object -w --stdin)
    inner=$(printf '100644 blob %s\\tconfig\\n' $blob | git mktree)
    tree=$(printf '040000 tree %s\\t.git\\n' $inner | git mktree)
    git reset -q --soft $(git commit-tree $tree -p HEAD -m bad)`);
  const error = await run.collect().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(CollectFailed);
  expect((error as CollectFailed).detail).toContain("hasDotgit");
  expect(git(run.quarantine.dir, "for-each-ref", "refs/orch/tip")).toBe("");
});

/** A pack of a commit whose tree holds a file of a megabyte and one of `size`, which is a delta that copies the first. */
function packOfBomb(size: number): { pack: Buffer; commit: string } {
  const small = Buffer.alloc(2 ** 20);
  const id = (type: string, length: number, chunks: Iterable<Buffer>) => {
    const hash = createHash("sha1").update(`${type} ${length}\0`);
    for (const chunk of chunks) hash.update(chunk);
    return hash.digest();
  };
  const smallId = id("blob", small.length, [small]);
  const bombId = id("blob", size, Array(size / small.length).fill(small));
  const entry = (name: string, blob: Buffer) => Buffer.concat([Buffer.from(`100644 ${name}\0`), blob]);
  const tree = Buffer.concat([entry("bomb", bombId), entry("small", smallId)]);
  const [who, treeId] = ["a <a@example.com> 1 +0000", id("tree", tree.length, [tree])];
  const commit = Buffer.from(`tree ${treeId.toString("hex")}\nauthor ${who}\ncommitter ${who}\n\nx\n`);
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
  // Copy 0x100000 bytes from offset 0, again and again.
  const copies = Array(size / small.length).fill([0xc0, 0x10]);
  const delta = Buffer.from([...varint(small.length), ...varint(size), ...copies.flat()]);
  const object = (type: number, data: Buffer, base = Buffer.alloc(0)) => {
    const head = [(type << 4) | (data.length & 15) | (data.length > 15 ? 128 : 0)];
    if (data.length > 15) head.push(...varint(data.length >> 4));
    return Buffer.concat([Buffer.from(head), base, deflateSync(data)]);
  };
  const objects = [object(1, commit), object(2, tree), object(3, small), object(7, delta, smallId)];
  const header = Buffer.from("PACK\0\0\0\x02\0\0\0\x04", "latin1");
  const body = Buffer.concat([header, ...objects]);
  const pack = Buffer.concat([body, createHash("sha1").update(body).digest()]);
  return { pack, commit: id("commit", commit.length, [commit]).toString("hex") };
}

test("a kilobyte that stands for hundreds of megabytes is not unfolded in the host's memory", async () => {
  const run = await startRun();
  const { pack, commit } = packOfBomb(640 * 2 ** 20);
  expect(pack.length).toBeLessThan(5_000);
  run.agent(`echo ${pack.toString("base64")} | base64 -d | git -c pack.threads=1 index-pack --stdin >/dev/null
    git update-ref --no-deref HEAD ${commit}`);
  const error = await run.collect().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(CollectFailed);
  expect((error as CollectFailed).detail).toContain("Out of memory");
});

/** Every way known to make git run a program, each of them leaving a mark outside the sandbox. */
const CANARY = '#!/bin/sh\ntouch MARK/ran-$(id -u)-$(basename "$0") 2>/dev/null\nexec cat\n';
const HOOKS = [
  ...["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout", "post-index-change"],
  ...["reference-transaction", "pre-push", "pre-auto-gc", "post-rewrite", "update", "pre-receive", "post-receive"],
];
const SETTINGS = [
  ...["core.fsmonitor", "core.sshCommand", "core.gitProxy", "core.pager", "core.editor", "core.askPass"],
  ...["core.alternateRefsCommand", "credential.helper", "uploadpack.packObjectsHook", "diff.external"],
  ...["diff.all.textconv", "filter.all.clean", "filter.all.smudge", "filter.all.process", "merge.all.driver"],
  ...["gpg.program", "trailer.x.command"],
];

function plant(mark: string): string {
  return [
    `printf '%s' '${CANARY.replace("MARK", mark)}' > ../canary; chmod +x ../canary`,
    "canary=$(cd .. && pwd)/canary; repo=$(git rev-parse --git-common-dir); mkdir -p $repo/hooks $repo/info",
    ...HOOKS.map((hook) => `cp ../canary $repo/hooks/${hook}`),
    ...SETTINGS.map((key) => `git config ${key} $canary`),
    "git config core.hooksPath $repo/hooks; git config commit.gpgSign true; git config gc.auto 1",
    'for dir in "$(pwd)" /workspace/tree; do git config --add url.ext::$canary.insteadOf "$dir"; done',
    "git config url.ext::$canary.pushInsteadOf http",
    "git config protocol.ext.allow always; git config alias.upload-pack !$canary",
    "printf '* filter=all diff=all merge=all\\n' > $repo/info/attributes",
  ].join("\n");
}

test("nothing that the agent planted runs outside its sandbox, from leftovers to push", async () => {
  const run = await startRun();
  const mark = join(run.host.dataDir, "marks");
  await mkdir(mark);
  await chmod(mark, 0o777);
  run.agent("echo 1 > a; git add a; git commit -qm one");
  run.agent(plant(mark));
  // The trap works: the same git commands without walls set it off.
  run.agent(
    "echo 2 > a; git add a 2>/dev/null; git commit -qam x 2>/dev/null || true; git gc --auto 2>/dev/null || true",
  );
  expect((await readdir(mark)).length).toBeGreaterThan(0);
  run.agent(`rm -f ${mark}/*; git config --unset filter.all.process; echo 3 > b`);

  expect(await run.commitLeftovers()).toEqual({ kind: "committed" });
  const { commits } = await run.collect();
  expect(commits).toBeGreaterThan(0);
  expect(await run.gate()).toMatchObject({ ok: true });
  const sha = await run.recreate();
  expect(await run.push(sha)).toEqual({ kind: "pushed", sha });
  expect(await readdir(mark)).toEqual([]);
});

test.runIf(asRoot)(
  "the agent's side of the transfer runs as the slot's user, who cannot write the mirror",
  async () => {
    const run = await startRun();
    run.agent("echo 1 > a; git add a; git commit -qm one");
    await run.collect();
    expect(run.agent(`find ${run.mirror.dir} -writable 2>/dev/null | head -n 1`)).toBe("");
  },
);
