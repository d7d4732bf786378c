/** How long it takes to take one node's work into its plan, beside merging two trees once, and beside a merge in a worktree. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Entry, integrate as integrateWork } from "../workers/integrate/integration.ts";
import { openPlanRepository, type PlanRepository, tipOf } from "../workers/integrate/plan-repository.ts";
import { mergeTrees, withTrial } from "../workers/integrate/trial.ts";
import { openMirror } from "../workers/workspace/mirror.ts";
import type { Benchmark, Options, Report } from "./bench.ts";
import { median, quantile, round } from "./statistics.ts";
import { timed } from "./timed.ts";

const FILES = 10_000;
const CHANGED = 8;
/** That many are enough: each takes seconds. */
const WORKTREES = 5;
const REPOSITORY = 1;
const PLAN = "tbenchplan";

export const integrate: Benchmark = {
  name: "integrate",
  title: "taking one node's work into its plan, without a check",
  rounds: 20,
  run: measure,
};

type Times = { mergeTree: number[]; integrate: number[]; worktree: number[] };

async function measure({ rounds, say }: Options): Promise<Report> {
  const dataDir = mkdtempSync(join(tmpdir(), "orch-bench-integrate-"));
  try {
    const mirror = openMirror(dataDir, REPOSITORY);
    const base = makeBase(mirror.dir);
    const plan = openPlanRepository({ dataDir, plan: PLAN, repositoryId: REPOSITORY, base });
    const times: Times = { mergeTree: [], integrate: [], worktree: [] };
    const done: { work: Work; onto: string }[] = [];
    // The first one is merged onto what it started from: there is nothing to merge with yet.
    for (let nth = 0; nth <= rounds; nth++) {
      say(`node ${nth} of ${rounds}`);
      const work = makeWork(plan, { nth, base });
      const onto = tipOf(plan);
      if (nth > 0) times.mergeTree.push(await mergeTreesOf(dataDir, plan, { work, onto }));
      const took = await timed(() => integrateWork({ dataDir, plan }, entryOf(work, nth, base)));
      if (nth > 0) times.integrate.push(took);
      if (nth > 0) done.push({ work, onto });
    }
    // Afterwards: so many new files keep the disk busy, and whatever is written then waits for them.
    for (const { work, onto } of done.slice(0, WORKTREES)) {
      say(`worktree ${times.worktree.length + 1} of ${WORKTREES}`);
      times.worktree.push(await timed(async () => mergeInWorktree(plan, work, onto)));
    }
    return report(times);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

type Work = { tip: string; objects: string };

async function mergeTreesOf(
  dataDir: string,
  plan: PlanRepository,
  { work, onto }: { work: Work; onto: string },
): Promise<number> {
  return await withTrial({ dataDir, plan, objects: [work.objects] }, (trial) =>
    timed(() => mergeTrees(trial, onto, work.tip)),
  );
}

const entryOf = ({ tip, objects }: Work, nth: number, base: string): Entry => ({
  delivery: {
    ...{ node: `node-${nth}`, started: base, tip, objects, text: `Change ${nth}` },
    authorship: { taskId: `tnode${nth}`, epoch: 1, subject: "change" },
  },
  note: () => undefined,
  mayMove: async () => undefined,
  signal: new AbortController().signal,
});

const WHO = ["AUTHOR", "COMMITTER"].flatMap((role) => [
  [`GIT_${role}_NAME`, "bench"],
  [`GIT_${role}_EMAIL`, "bench@orch.invalid"],
]);

function git(dir: string, args: readonly string[], { env = {}, input = "" } = {}): string {
  const all = { PATH: process.env.PATH, ...Object.fromEntries(WHO), ...env };
  const command = ["-c", "safe.bareRepository=all", `--git-dir=${dir}`, ...args];
  return execFileSync("git", command, { env: all, input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] }).trim();
}

/** `number` changes with each node: each has files of its own. */
const pathOf = (file: number): string => `src/${file % 100}/file-${file}.txt`;
const linesOf = (file: number): string => Array.from({ length: 20 }, (_, line) => `${file}/${line}\n`).join("");

function makeBase(dir: string): string {
  const files = Array.from({ length: FILES }, (_, file) => {
    const text = linesOf(file);
    return `M 100644 inline ${pathOf(file)}\ndata ${text.length}\n${text}\n`;
  });
  const head = "commit refs/remotes/origin/main\ncommitter bench <bench@orch.invalid> 1700000000 +0000\ndata 4\nbase\n";
  git(dir, ["fast-import", "--quiet"], { input: `${head}${files.join("")}\n` });
  return git(dir, ["rev-parse", "refs/remotes/origin/main"]);
}

/** As a node's agent leaves it: its objects in a folder of their own, on the commit that was approved. */
function makeWork(plan: PlanRepository, { nth, base }: { nth: number; base: string }): Work {
  const dir = mkdtempSync(join(tmpdir(), "orch-bench-work-"));
  const objects = join(dir, "objects");
  mkdirSync(objects);
  const env = {
    GIT_INDEX_FILE: join(dir, "index"),
    GIT_OBJECT_DIRECTORY: objects,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: join(plan.dir, "objects"),
  };
  git(plan.dir, ["read-tree", base], { env });
  for (let file = nth * CHANGED; file < (nth + 1) * CHANGED; file++) {
    const blob = git(plan.dir, ["hash-object", "-w", "--stdin"], { env, input: `${linesOf(file)}and ${nth}\n` });
    git(plan.dir, ["update-index", "--cacheinfo", `100644,${blob},${pathOf(file)}`], { env });
  }
  const tree = git(plan.dir, ["write-tree"], { env });
  return { tip: git(plan.dir, ["commit-tree", tree, "-p", base, "-m", "work"], { env }), objects };
}

/** From nothing to the merge commit, as a host would have to where it merged files. */
function mergeInWorktree(plan: PlanRepository, { tip, objects }: Work, onto: string): void {
  const dir = mkdtempSync(join(tmpdir(), "orch-bench-tree-"));
  const env = { GIT_ALTERNATE_OBJECT_DIRECTORIES: objects };
  git(plan.dir, ["worktree", "add", "--detach", join(dir, "tree"), onto], { env });
  git(join(dir, "tree", ".git"), [`--work-tree=${join(dir, "tree")}`, "merge", "--quiet", "--no-ff", "-m", "m", tip], {
    env,
  });
  rmSync(dir, { recursive: true, force: true });
}

function report({ mergeTree, integrate: whole, worktree }: Times): Report {
  const row = (name: string, times: readonly number[]) => [
    name,
    round(median(times)),
    round(quantile(times, 0.9)),
    round(Math.max(...times)),
  ];
  return {
    counted: [
      `A repository of ${FILES} files; nodes that each change ${CHANGED} of them, all from the same commit. One after the other is merged, ${whole.length} in all.`,
      "Of one node: from its objects in a folder of its own until the plan's branch has moved, without a check. Beside it, on the same two commits: one `git merge-tree`; a worktree that is made, merged in, and removed.",
    ],
    tables: [
      {
        title: "milliseconds",
        rows: [
          ["", "p50", "p90", "max"],
          row("one merge-tree", mergeTree),
          row("one node", whole),
          row("a worktree and a merge", worktree),
        ],
      },
    ],
    figures: [
      { name: "one node ÷ one merge-tree", value: median(whole) / median(mergeTree), unit: "×", goal: { atMost: 4 } },
      { name: "one node ÷ a worktree", value: median(whole) / median(worktree), unit: "×", goal: { atMost: 0.1 } },
    ],
  };
}
