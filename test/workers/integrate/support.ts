/** A plan's store on a real mirror, and nodes whose agents' work is in repositories of its own. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Delivery, placeOnto } from "../../../workers/integrate/merge-nodes.ts";
import { asMirror, moveTip, openPlanRepository, tipOf } from "../../../workers/integrate/plan-repository.ts";
import { packUp, withTrial } from "../../../workers/integrate/trial.ts";
import { openMirror } from "../../../workers/workspace/mirror.ts";
import { type Files, git, temporaryFolder, writeFiles } from "../workspace/support.ts";

const REPOSITORY = 7;
export const PLAN = "tplanplanplanpla";

export type PlanHere = ReturnType<typeof startPlan>;

/** `files`: what the approved commit holds. */
export function startPlan(files: Files = { "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n" }) {
  const dataDir = temporaryFolder();
  const mirror = openMirror(dataDir, REPOSITORY);
  const clone = join(temporaryFolder(), "clone");
  git("/", "init", "-q", "-b", "main", clone);
  writeFiles(clone, files);
  git(clone, "add", "--all");
  git(clone, "commit", "-qm", "base");
  const base = git(clone, "rev-parse", "HEAD");
  git(
    mirror.dir,
    `--git-dir=${mirror.dir}`,
    "-c",
    "protocol.allow=always",
    "fetch",
    "-q",
    clone,
    "+HEAD:refs/remotes/origin/main",
  );
  const store = openPlanRepository({ dataDir, plan: PLAN, repositoryId: REPOSITORY, base });

  /** What the agent of a node has made: in a repository that borrows the store's objects, `from` a commit of the integration branch. */
  function work(node: string, change: Files | ((dir: string) => void), from = tipOf(store)): Delivery {
    const dir = join(temporaryFolder(), "work");
    mkdirSync(dir);
    git(dir, "init", "-q");
    writeFiles(dir, { ".git/objects/info/alternates": `${join(store.dir, "objects")}\n` });
    git(dir, "reset", "-q", "--hard", from);
    if (typeof change === "function") change(dir);
    else writeFiles(dir, change);
    git(dir, "add", "--all");
    if (git(dir, "status", "--porcelain") !== "") git(dir, "commit", "-qm", `work on ${node}`);
    return deliveryOf(node, dir, from);
  }

  const deliveryOf = (node: string, dir: string, started: string): Delivery => ({
    ...{ node, started, tip: git(dir, "rev-parse", "HEAD"), objects: join(dir, ".git", "objects") },
    ...{ text: `Do ${node}`, authorship: { taskId: `t${node}`, epoch: 1, subject: node } },
  });

  /** Merges it and, where that is clean, moves the branch. */
  async function merge(delivery: Delivery) {
    const onto = tipOf(store);
    return await withTrial({ dataDir, plan: store, objects: [delivery.objects] }, async (trial) => {
      const placed = await placeOnto(trial, store, onto, delivery);
      if (placed.kind !== "placed") return placed;
      const to = placed.candidate.sha;
      await moveTip(store, { from: onto, to, pack: await packUp(trial, { from: onto, to }) });
      return placed;
    });
  }

  /** A file as the integration branch has it. */
  const show = (path: string) => git(store.dir, `--git-dir=${store.dir}`, "show", `${tipOf(store)}:${path}`);
  return { dataDir, mirror, store, base, borrowed: asMirror(store), work, deliveryOf, merge, show };
}
