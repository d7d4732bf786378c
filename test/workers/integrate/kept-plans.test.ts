/** What a plan has merged is got out as checkpoints are, by whoever operates the host. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportToBundle, exportToFolder } from "../../../workers/checkpoints/export-checkpoint.ts";
import { findKeptPlans } from "../../../workers/integrate/kept-plans.ts";
import { tipOf } from "../../../workers/integrate/plan-repository.ts";
import { git, temporaryFolder } from "../workspace/support.ts";
import { PLAN, startPlan } from "./support.ts";

test("what is merged of a plan is found, and got out as a folder and as a bundle, and its store stays as it is", async () => {
  const { dataDir, base, store, work, merge } = startPlan();
  expect(await findKeptPlans(dataDir)).toEqual([]);
  await merge(work("one", { "one.txt": "one\n" }));
  await merge(work("two", { "two.txt": "two\n", "a.txt": "1\n" }));
  const [kept, ...others] = await findKeptPlans(dataDir);
  if (!kept) throw new Error("nothing is found");
  expect([kept, others]).toEqual([
    { taskId: PLAN, store: store.dir, baseSha: base, all: tipOf(store), commits: 2, files: 3 },
    [],
  ]);
  const refs = git(store.dir, `--git-dir=${store.dir}`, "for-each-ref");
  const folder = join(temporaryFolder(), "out");
  await exportToFolder(kept, folder);
  expect(readFileSync(join(folder, "two.txt"), "utf8")).toBe("two\n");
  const file = join(temporaryFolder(), "out.bundle");
  await exportToBundle(kept, file);
  expect(git(folder, "bundle", "list-heads", file)).toBe(`${tipOf(store)} refs/heads/orch-checkpoint`);
  expect(git(store.dir, `--git-dir=${store.dir}`, "for-each-ref")).toBe(refs);
});

test("whoever looks where no host has ever worked finds nothing and makes no folder", async () => {
  const dataDir = temporaryFolder();
  expect(await findKeptPlans(dataDir)).toEqual([]);
  expect(existsSync(join(dataDir, "host"))).toBe(false);
});
