import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { mirrorRef } from "../../../workers/workspace/branch-name.ts";
import { fetchRefs } from "../../../workers/workspace/fetch-refs.ts";
import { tidyMirrors } from "../../../workers/workspace/tidy-mirrors.ts";
import { asAgent, git, startHost, startRemote } from "./support.ts";

const log = pino({ level: "silent" });
const packsOf = (dir: string) => readdirSync(join(dir, "objects/pack")).filter((name) => name.endsWith(".pack")).length;

/** A host after five fetches, each a pack of its own, with a workspace on the last commit. */
async function busyHost() {
  const remote = await startRemote();
  const host = await startHost(remote);
  const tips = [host.main];
  for (const round of [1, 2, 3, 4]) {
    git(host.mirror.dir, "repack", "-q", "-d");
    remote.commit({ [`file-${round}`]: `${round}\n` });
    const { main = "" } = await fetchRefs(host.mirror, remote.access, ["main"]);
    tips.push(main);
  }
  git(host.mirror.dir, "repack", "-q", "-d");
  return { ...host, tips, workspace: await host.create("tlive", "orch/7-tlive", tips.at(-1)) };
}

test("joins packs and keeps every object, those too that only a workspace still needs", async () => {
  const { dataDir, mirror, workspace, main, tips } = await busyHost();
  git(mirror.dir, "update-ref", "refs/remotes/origin/main", main); // somebody forced the branch back
  expect(packsOf(mirror.dir)).toBe(5);
  await tidyMirrors({ dataDir, log, maxPacks: 5 });
  expect(packsOf(mirror.dir)).toBe(5);
  await tidyMirrors({ dataDir, log, maxPacks: 4 });
  expect(packsOf(mirror.dir)).toBeLessThan(5);
  for (const tip of tips) expect(git(mirror.dir, "cat-file", "-t", tip)).toBe("commit");
  expect(asAgent(workspace.treeDir, "git fsck --full 2>&1; git log --oneline | wc -l")).toMatch(/5$/);
});

test("forgets the branches of tasks that nobody has come back to, and no other", async () => {
  const { dataDir, mirror, main } = await busyHost();
  const branches = ["orch/1-told", "orch/2-tnew", "topic"];
  for (const branch of branches) git(mirror.dir, "update-ref", mirrorRef(branch), main);
  const longAgo = new Date(Date.now() - 8 * 24 * 3600_000);
  for (const branch of ["orch/1-told", "topic", "main"])
    utimesSync(join(mirror.dir, mirrorRef(branch)), longAgo, longAgo);
  await tidyMirrors({ dataDir, log });
  const left = git(mirror.dir, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin");
  expect(left.trim().split("\n")).toEqual(["main", "orch%2F2-tnew", "topic"]);
});

test("leaves a broken mirror and whatever else lies there alone, and says so", async () => {
  const { dataDir } = await busyHost();
  const mirrors = join(dataDir, "host/mirrors");
  mkdirSync(join(mirrors, "1.git")); // has no objects
  mkdirSync(join(mirrors, "1.git.new-0123456789ab")); // a host died while it made one
  writeFileSync(join(mirrors, "notes.txt"), "mine\n");
  const said: unknown[] = [];
  const loud = pino({ level: "warn" }, { write: (line: string) => void said.push(JSON.parse(line)) });
  await tidyMirrors({ dataDir, log: loud, maxPacks: 4 });
  expect(said).toEqual([expect.objectContaining({ mirror: "1.git" })]);
  expect(readdirSync(mirrors).sort()).toEqual(["1.git", "42.git", "notes.txt"]);
  expect(packsOf(join(mirrors, "42.git"))).toBeLessThan(5);
});
