import { appendFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { probeMerging } from "../../../workers/integrate/merge-probe.ts";
import {
  commitOf,
  findPlanRepository,
  moveTip,
  openPlanRepository,
  readIntegrated,
  tipOf,
} from "../../../workers/integrate/plan-repository.ts";
import { planDir } from "../../../workers/workspace/host-folders.ts";
import { git } from "../workspace/support.ts";
import { PLAN, startPlan } from "./support.ts";

const LINES = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

test("what nodes made side by side comes together, as one commit each that names its node", async () => {
  const plan = startPlan();
  const [one, two] = [plan.work("one", { "b.txt": "b\n" }), plan.work("two", { "a.txt": LINES.replace("9", "nine") })];
  expect(await plan.merge(one)).toMatchObject({ kind: "placed", candidate: { known: "its own" } });
  expect(await plan.merge(two)).toEqual({
    kind: "placed",
    candidate: { sha: tipOf(plan.store), onto: expect.anything() },
  });
  const tip = tipOf(plan.store);
  const merged = await readIntegrated(plan.store, tip);
  expect(merged.map(({ node, task }) => [node, task])).toEqual([
    ["one", "tone"],
    ["two", "ttwo"],
  ]);
  expect(merged.map(({ parent }) => parent)).toEqual([plan.base, merged[0]?.sha]);
  expect(await commitOf(plan.store, "two")).toEqual(merged[1]);
  expect(await commitOf(plan.store, "three")).toBeUndefined();
  expect([plan.show("b.txt"), plan.show("a.txt")]).toEqual(["b", LINES.replace("9", "nine").trim()]);
  const body = git(plan.store.dir, `--git-dir=${plan.store.dir}`, "log", "-1", "--format=%B", tip);
  expect(body).toBe("Do two\n\nOrch-Task: ttwo\nOrch-Epoch: 1\nOrch-Plan: tplanplanplanpla\nOrch-Node: two");
});

test("edits of one file that lie apart merge, and edits of one line are a conflict that names the file", async () => {
  const plan = startPlan();
  const change = (node: string, line: string) => plan.work(node, { "a.txt": LINES.replace(line, node) });
  const [first, apart, same] = [change("one", "1"), change("nine", "9"), change("eins", "1")];
  expect(await plan.merge(first)).toMatchObject({ kind: "placed" });
  expect(await plan.merge(apart)).toMatchObject({ kind: "placed" });
  const before = tipOf(plan.store);
  expect(await plan.merge(same)).toMatchObject({ kind: "conflict", paths: ["a.txt"] });
  expect(tipOf(plan.store)).toBe(before);
});

test("a tried merge leaves nothing behind, neither in the store nor in the mirror", async () => {
  const plan = startPlan();
  await plan.merge(plan.work("one", { "a.txt": "one\n" }));
  const packs = () =>
    [plan.store.dir, plan.mirror.dir].map((dir) => readdirSync(join(dir, "objects"), { recursive: true }).sort());
  const before = packs();
  expect(await plan.merge(plan.work("two", { "a.txt": "two\n", "secret.txt": "s\n" }, plan.base))).toMatchObject({
    kind: "conflict",
  });
  expect(packs()).toEqual(before);
  expect(readdirSync(planDir(plan.dataDir, PLAN))).toEqual(["store.git"]);
});

test("nothing of an agent's history but the end of it gets into the store", async () => {
  const plan = startPlan();
  let secret = "";
  const work = plan.work("one", (dir) => {
    writeFileSync(join(dir, "secret"), "token\n");
    git(dir, "add", "secret");
    git(dir, "commit", "-qm", "oops");
    secret = git(dir, "rev-parse", "HEAD:secret");
    rmSync(join(dir, "secret"));
    writeFileSync(join(dir, "b.txt"), "b\n");
  });
  await plan.merge(work);
  const listed = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"];
  const all = git(plan.store.dir, `--git-dir=${plan.store.dir}`, ...listed).split("\n");
  expect(all).toContain(tipOf(plan.store));
  expect(all).not.toContain(secret);
  expect(all).not.toContain(work.tip);
});

test("an agent that has merged the tip itself has resolved its conflict, and its own change is all that is taken as its", async () => {
  const plan = startPlan();
  await plan.merge(plan.work("one", { "a.txt": LINES.replace("1", "one") }));
  const tip = tipOf(plan.store);
  const work = plan.work(
    "two",
    (dir) => {
      writeFileSync(join(dir, "a.txt"), LINES.replace("1", "eins"));
      git(dir, "commit", "-qam", "two");
      expect(() => git(dir, "merge", "-q", tip)).toThrow();
      writeFileSync(join(dir, "a.txt"), LINES.replace("1", "one eins"));
    },
    plan.base,
  );
  // Somebody else was merged meanwhile.
  await plan.merge(plan.work("three", { "c.txt": "c\n" }));
  expect(await plan.merge(work)).toMatchObject({ kind: "placed" });
  expect([plan.show("a.txt"), plan.show("c.txt")]).toEqual([LINES.replace("1", "one eins").trim(), "c"]);
  expect(
    git(
      plan.store.dir,
      `--git-dir=${plan.store.dir}`,
      "diff",
      "--name-only",
      `${tipOf(plan.store)}^`,
      tipOf(plan.store),
    ),
  ).toBe("a.txt");
});

test("a rewritten or unrelated history counts as a change of what the node started from", async () => {
  const plan = startPlan();
  const amended = plan.work("one", (dir) => {
    writeFileSync(join(dir, "b.txt"), "b\n");
    git(dir, "add", "b.txt");
    git(dir, "commit", "-q", "--amend", "-m", "rewritten");
  });
  const orphan = plan.work("two", (dir) => {
    git(dir, "checkout", "-q", "--orphan", "new");
    writeFileSync(join(dir, "c.txt"), "c\n");
  });
  await plan.merge(plan.work("zero", { "z.txt": "z\n" }));
  expect(await plan.merge(amended)).toMatchObject({ kind: "placed" });
  expect(await plan.merge(orphan)).toMatchObject({ kind: "placed" });
  expect(["a.txt", "b.txt", "c.txt", "z.txt"].map(plan.show)).toEqual([LINES.trim(), "b", "c", "z"]);
});

test("what comes to no change any more is merged all the same", async () => {
  const plan = startPlan();
  const [one, two] = [plan.work("one", { "b.txt": "b\n" }), plan.work("two", { "b.txt": "b\n" })];
  await plan.merge(one);
  expect(await plan.merge(two)).toMatchObject({ kind: "placed", candidate: { known: "as before" } });
  expect((await readIntegrated(plan.store, tipOf(plan.store))).map(({ node }) => node)).toEqual(["one", "two"]);
});

test("git heeds no attribute or driver that a commit names", async () => {
  const plan = startPlan({ "a.txt": LINES, ".gitattributes": "a.txt merge=mine\n" });
  const ran = join(plan.dataDir, "ran");
  appendFileSync(join(plan.store.dir, "config"), `[merge "mine"]\n\tdriver = touch ${ran}\n`);
  await plan.merge(plan.work("one", { "a.txt": LINES.replace("5", "five"), ".gitattributes": "* merge=union\n" }));
  const work = plan.work(
    "two",
    { "a.txt": LINES.replace("5", "fünf"), ".gitattributes": "* merge=union\n" },
    plan.base,
  );
  expect(await plan.merge(work)).toMatchObject({ kind: "conflict", paths: ["a.txt"] });
  expect(readdirSync(plan.dataDir)).not.toContain("ran");
  await probeMerging();
});

test("a new file in a folder that was renamed is a conflict and not left behind", async () => {
  const plan = startPlan({ "old/a.txt": LINES, "old/b.txt": `${LINES}b\n` });
  await plan.merge(
    plan.work("one", (dir) => {
      git(dir, "mv", "old", "new");
    }),
  );
  const merged = await plan.merge(plan.work("two", { "old/c.txt": "c\n" }, plan.base));
  expect(merged).toMatchObject({ kind: "conflict", how: [expect.stringContaining("file location")] });
  expect((merged as { paths: string[] }).paths.join(" ")).toContain("c.txt");
});

test("a link in place of a file that somebody else changed is a conflict", async () => {
  const plan = startPlan();
  await plan.merge(plan.work("one", { "a.txt": LINES.replace("5", "five") }));
  const work = plan.work(
    "two",
    (dir) => {
      rmSync(join(dir, "a.txt"));
      symlinkSync("/etc/passwd", join(dir, "a.txt"));
    },
    plan.base,
  );
  expect(await plan.merge(work)).toMatchObject({ kind: "conflict", paths: expect.arrayContaining(["a.txt"]) });
});

test("a file that one removes and another one changes is a conflict, and so are two large binaries", async () => {
  const big = (letter: string) => letter.repeat(30_000_000);
  const plan = startPlan({ "a.txt": LINES, "big.bin": "\0small" });
  await plan.merge(plan.work("one", { "a.txt": undefined, "big.bin": `\0${big("x")}` }));
  const work = plan.work("two", { "a.txt": LINES.replace("5", "five"), "big.bin": `\0${big("y")}` }, plan.base);
  const merged = await plan.merge(work);
  expect(merged).toMatchObject({ kind: "conflict" });
  expect((merged as { paths: string[] }).paths.sort()).toEqual(["a.txt", "big.bin"]);
});

test("two that move the same submodule elsewhere are a conflict", async () => {
  const plan = startPlan();
  const link = (letter: string) => (dir: string) => {
    mkdirSync(join(dir, "sub"));
    git(dir, "update-index", "--add", "--cacheinfo", `160000,${letter.repeat(40)},sub`);
    git(dir, "commit", "-qm", "submodule");
  };
  await plan.merge(plan.work("one", link("1")));
  expect(await plan.merge(plan.work("two", link("2"), plan.base))).toMatchObject({ kind: "conflict", paths: ["sub"] });
});

test("the branch moves only from where it was looked at, and its store is made once", async () => {
  const plan = startPlan();
  const [before, store] = [tipOf(plan.store), plan.store];
  await plan.merge(plan.work("one", { "b.txt": "b\n" }));
  const tip = tipOf(store);
  const packs = join(store.dir, "objects", "pack");
  const pack = join(
    packs,
    readdirSync(packs)
      .find((name) => name.endsWith(".pack"))
      ?.slice(0, -".pack".length) ?? "",
  );
  expect(await moveTip(store, { from: before, to: before, pack })).toBe(false);
  expect(tipOf(store)).toBe(tip);
  expect(openPlanRepository({ dataDir: plan.dataDir, plan: PLAN, repositoryId: 7, base: tip })).toEqual(store);
  expect(findPlanRepository({ dataDir: plan.dataDir, plan: "tother", repositoryId: 7 })).toBeUndefined();
});

test("a lock that somebody who was killed has left does not stop the branch for good", async () => {
  const plan = startPlan();
  const lock = join(plan.store.dir, "refs/remotes/origin/integration.lock");
  writeFileSync(lock, "");
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(lock, longAgo, longAgo);
  expect(await plan.merge(plan.work("one", { "b.txt": "b\n" }))).toMatchObject({ kind: "placed" });
});
