/**
 * Takes the agent's commits out of its repository, as objects only. The agent's side (`git upload-pack`) runs in the sandbox
 * as the slot's user and sees everything read-only; the host's side runs in the quarantine, checks every object (fsck) and
 * bounds what arrives. Nothing that the agent configured is read by a host process.
 */
import { pathToFileURL } from "node:url";
import { shellWords } from "../../src/text/shell-words.ts";
import { runProgram } from "../run-program.ts";
import type { Confinement, SandboxDriver } from "../sandbox/sandbox.ts";
import { gitEnvironment, hardenedOptions, hostGitOutput } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import { type Workspace, workspaceMounts } from "../workspace/workspace.ts";
import { CollectFailed } from "./collect-failed.ts";
import { type Ends, readLineage, treeBefore } from "./lineage.ts";
import type { Quarantine } from "./quarantine.ts";

export type Collection = {
  quarantine: Quarantine;
  workspace: Workspace;
  driver: SandboxDriver;
  /** Its user counts; mounts and environment are reduced to what reading takes. */
  confinement: Confinement;
  /** The commit that the work started from. */
  base: string;
  signal?: AbortSignal;
};

/**
 * `tip`: what HEAD of the worktree is. `commits`: how many of them are the agent's; 0 also when they come to no change at all.
 */
export type Collected = { tip: string; commits: number };

const COLLECT_MS = 5 * 60_000;
/** Largest file that the transfer may write, in bytes: far above what the gate lets through, far below the disk. */
const MAX_PACK_BYTES = 256 * 1024 * 1024;
/**
 * What each program of the transfer may hold in memory, in bytes: a kilobyte of deltas can stand for gigabytes. Enough for a
 * change of a 100 MB file, which is held twice; mapped packs, the mirror's too, do not count.
 */
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;

/** Where the agent's HEAD is kept. */
const REF = "refs/orch/tip";

/** Fetches into the quarantine. Safe to repeat. @throws CollectFailed */
export async function collect(collection: Collection): Promise<Collected> {
  const { quarantine } = collection;
  const base = checkSha(collection.base);
  await takeObjects(collection, { what: "HEAD", ref: REF });
  const tip = checkSha((await hostGitOutput(quarantine.dir, ["rev-parse", `${REF}^{commit}`])).trim());
  return { tip, commits: await countCommits({ quarantine, base, tip }) };
}

/** The agent's, or 0 when they change nothing and bring nothing that the base does not have. */
export async function countCommits(ends: Ends): Promise<number> {
  const { quarantine, base, tip } = ends;
  const { own, foreign } = await readLineage(ends);
  const merges = foreign.length > 0 && own.some(({ parents }) => parents.length > 1);
  if (own.length === 0 || merges) return own.length;
  const names = [tip, await treeBefore(quarantine, base, foreign)].map((name) => `${name}^{tree}`);
  const [tree, before] = (await hostGitOutput(quarantine.dir, ["rev-parse", ...names])).trim().split("\n");
  return tree === before ? 0 : own.length;
}

/** Fetches a commit of the agent's, by its name or its id, and what it stands on, as `ref` of the quarantine. @throws CollectFailed */
export async function takeObjects(
  collection: Omit<Collection, "base">,
  { what, ref }: { what: string; ref: string },
): Promise<void> {
  const { quarantine, workspace, signal } = collection;
  // As the sending side sees it. An address, not a path: behind a path git looks for a bundle first, itself and as us. The
  // agent could lay one there, or a link to somebody else's.
  const source = pathToFileURL(workspace.inside.treeDir).href;
  const git = ["git", ...fetchArguments(quarantine, uploadPack(collection)), source, `+${what}:${ref}`];
  const done = await runProgram({
    // Only the soft limits: inside, the sandbox sets its own.
    file: "prlimit",
    args: [`--fsize=${MAX_PACK_BYTES}:`, `--data=${MAX_MEMORY_BYTES}:`, ...git],
    cwd: "/",
    env: { ...gitEnvironment("file"), GIT_CONFIG_GLOBAL: "/dev/null" },
    timeoutMs: COLLECT_MS,
    signal,
  });
  if (done.exitCode === 0) return;
  signal?.throwIfAborted();
  throw new CollectFailed(done.timedOut ? "It took too long." : done.stderr.trim().slice(-1000));
}

function fetchArguments(quarantine: Quarantine, uploadPackCommand: string): string[] {
  const settings = [
    "transfer.fsckObjects=true",
    // Always index-pack, which streams large objects; unpack-objects would hold a bomb's contents in memory.
    "fetch.unpackLimit=1",
    "core.bigFileThreshold=32m",
    // Each thread would hold objects of its own.
    "pack.threads=1",
    // The transport is a pipe to the sandboxed program.
    "protocol.file.allow=always",
  ];
  return [
    ...hardenedOptions(),
    ...settings.flatMap((setting) => ["-c", setting]),
    `--git-dir=${quarantine.dir}`,
    ...["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"],
    `--upload-pack=${uploadPackCommand}`,
  ];
}

/** The agent's side is the sandbox's to bound: packing large files takes more memory than looking at the pack. */
const AS_MUCH_MEMORY_AS_BEFORE = 'ulimit -S -d "$(ulimit -H -d)"';

/** A shell command line (git hands it to sh, with the repository's path added). */
function uploadPack({ driver, confinement, workspace, quarantine }: Omit<Collection, "base">): string {
  const env = {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_PROTOCOL: "version=2",
  };
  const mounts = workspaceMounts(workspace, quarantine.mirror).map((mount) => ({ ...mount, writable: false }));
  const inside = { user: confinement.user, mounts, cwd: workspace.inside.dir, env };
  const command = driver.wrap(inside, ["git", "upload-pack", "--timeout=60"]);
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return `${AS_MUCH_MEMORY_AS_BEFORE} && ${shellWords(["env", "-i", ...variables, ...command])}`;
}
