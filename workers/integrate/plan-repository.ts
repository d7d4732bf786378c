/**
 * Where a plan's work comes together: a bare repository of the plan's own, `<data>/host/plans/<plan>/store.git`, with one branch, the
 * integration branch. It starts at the commit that was approved, borrows the mirror's objects, which are never dropped, and holds only
 * what was integrated: what an agent wrote and nobody took never gets here. Agents of the plan read it as others read the mirror.
 *
 * The branch is all that says what is merged: each of its commits names its node, so a merge and the record of it are one and the
 * same write, which is a compare-and-set.
 */
import { chmodSync, existsSync, linkSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { mirrorRef } from "../workspace/branch-name.ts";
import { hostGitOutput } from "../workspace/git.ts";
import { checkSha, planDir } from "../workspace/host-folders.ts";
import { type Mirror, makeHostRepository, openMirror } from "../workspace/mirror.ts";
import { moveRef, readRef } from "./move-ref.ts";

/** `dir`: the repository, absolute. `base`: the commit that was approved. */
export type PlanRepository = { plan: string; dir: string; base: string; mirror: Mirror };

/** As a branch of the mirror is kept, so that what reads a mirror's branches finds it. */
const TIP = mirrorRef("integration");
const BASE = "refs/orch/base";

export const planRepositoryDir = (dataDir: string, plan: string): string => join(planDir(dataDir, plan), "store.git");

export type OfPlan = { dataDir: string; plan: string; repositoryId: number };

/** Undefined where the plan has none on this host. */
export function findPlanRepository({ dataDir, plan, repositoryId }: OfPlan): PlanRepository | undefined {
  const dir = planRepositoryDir(dataDir, plan);
  if (!existsSync(dir)) return undefined;
  const base = readRef(dir, BASE);
  return { plan, dir, base, mirror: openMirror(dataDir, repositoryId) };
}

/** The plan's store; made where there is none yet, and then `base` counts, which the mirror has. */
export function openPlanRepository(of: OfPlan & { base: string }): PlanRepository {
  const found = findPlanRepository(of);
  if (found) return found;
  const { dataDir, plan, repositoryId } = of;
  const [dir, base, mirror] = [planRepositoryDir(dataDir, plan), checkSha(of.base), openMirror(dataDir, repositoryId)];
  // Its agents come through here to the objects, and list nothing.
  mkdirSync(planDir(dataDir, plan), { recursive: true });
  chmodSync(planDir(dataDir, plan), 0o711);
  makeHostRepository(dir, {
    "objects/info/alternates": `${objectsOf(mirror)}\n`,
    [BASE]: `${base}\n`,
    [TIP]: `${base}\n`,
  });
  return { plan, dir, base, mirror };
}

const objectsOf = ({ dir }: Mirror): string => join(dir, "objects");

/** What stands for the mirror to an agent that works on a node, and to whoever takes its work. */
export const asMirror = ({ dir, mirror }: Pick<PlanRepository, "dir" | "mirror">): Mirror => ({
  dir,
  borrows: [objectsOf(mirror)],
});

/** Where the integration branch stands. */
export const tipOf = ({ dir }: Pick<PlanRepository, "dir">): string => readRef(dir, TIP);

/** The commit that was approved, and where the integration branch stands. */
export const endsOf = ({ dir }: Pick<PlanRepository, "dir">): { base: string; tip: string } => ({
  base: readRef(dir, BASE),
  tip: readRef(dir, TIP),
});

/** A commit of the integration branch. `task`: whose work it is. */
export type Integrated = { node: string; task: string; sha: string; parent: string };

/** Nodes and their tasks are ours, and a plan has few. */
const MAX_LOG_BYTES = 1_000_000;

/** What is merged, in the order in which it was. */
export async function readIntegrated(
  { dir, base }: Pick<PlanRepository, "dir" | "base">,
  tip: string,
): Promise<Integrated[]> {
  const trailer = (key: string) => `%(trailers:key=${key},valueonly,separator=%x2C)`;
  const format = ["%H", "%P", trailer("Orch-Node"), trailer("Orch-Task")].join("%x20");
  const args = ["log", "--first-parent", "--reverse", `--format=${format}`, `${base}..${checkSha(tip)}`];
  const told = await hostGitOutput(dir, args, { maxOutputBytes: MAX_LOG_BYTES });
  return told
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [sha = "", parent = "", node = "", task = ""] = line.split(" ");
      return { sha, parent, node, task };
    });
}

/** The commit of the node, whoever made it; undefined while it is not merged. */
export async function commitOf(store: PlanRepository, node: string): Promise<Integrated | undefined> {
  return (await readIntegrated(store, tipOf(store))).find((each) => each.node === node);
}

/**
 * Takes what `to` has and `from` does not, and moves the branch. False when the branch is not at `from` any more. Safe to repeat.
 * `pack`: the path of a pack with these objects, without its ending.
 */
export async function moveTip(
  store: Pick<PlanRepository, "dir">,
  { from, to, pack }: { from: string; to: string; pack: string },
): Promise<boolean> {
  takePack(store, pack);
  return await moveRef({ dir: store.dir, ref: TIP, from, to });
}

/** A pack counts from when its index is there. */
function takePack({ dir }: Pick<PlanRepository, "dir">, pack: string): void {
  for (const kind of ["pack", "idx"]) {
    const to = join(dir, "objects", "pack", `${basename(pack)}.${kind}`);
    if (!existsSync(to)) linkSync(`${pack}.${kind}`, to);
  }
}
