/**
 * Whether git merges here as it has to: on objects, with nothing that a commit says of how it wants to be merged. Which attributes a
 * merge heeds differs from git to git, and where it heeded those of a branch an agent could have any conflict resolved its own way.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostGitOutput } from "../workspace/git.ts";
import { makeHostRepository } from "../workspace/mirror.ts";
import { mergeTrees, type Trial } from "./trial.ts";
import { writeCommit } from "./write-commit.ts";

let probed: Promise<void> | undefined;

/** Once in the life of a host. @throws Error where it does not */
export function probeMerging(): Promise<void> {
  probed ??= probe();
  return probed;
}

async function probe(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "orch-merge-"));
  try {
    const dir = join(folder, "probe.git");
    makeHostRepository(dir);
    const trial: Trial = { dir, objects: [], packs: new Map() };
    const root = await hostGitOutput(dir, ["commit-tree", "-m", "base", await treeOf(dir, "base\n")], { env: WHO });
    const onto = (text: string) => commitOf(trial, root.trim(), text);
    const merge = await mergeTrees(trial, await onto("one\n"), await onto("two\n"));
    if (merge.kind === "clean")
      throw new Error("git lets a commit say how it is to be merged, so teams cannot work on this worker host.");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const WHO = {
  ...{ GIT_AUTHOR_NAME: "Orch", GIT_AUTHOR_EMAIL: "orch@orch.invalid" },
  ...{ GIT_COMMITTER_NAME: "Orch", GIT_COMMITTER_EMAIL: "orch@orch.invalid" },
};

async function commitOf(trial: Trial, parent: string, text: string): Promise<string> {
  return writeCommit(trial.dir, {
    tree: await treeOf(trial.dir, text),
    parent,
    message: "side\n",
    date: 1_000_000_000,
  });
}

/** Both sides of the merge, and what they have in common, ask for the union of their lines. */
async function treeOf(dir: string, text: string): Promise<string> {
  const blob = async (input: string) => (await hostGitOutput(dir, ["hash-object", "-w", "--stdin"], { input })).trim();
  const entries = [
    `100644 blob ${await blob("* merge=union\n")}\t.gitattributes`,
    `100644 blob ${await blob(text)}\tfile`,
  ];
  return (await hostGitOutput(dir, ["mktree"], { input: `${entries.join("\n")}\n` })).trim();
}
