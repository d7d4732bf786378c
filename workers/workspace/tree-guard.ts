/**
 * Looks at a tree before it is checked out. A repository of 200 kB can unfold to a million files or a terabyte; listing it
 * with sizes tells so within milliseconds and without writing anything. The listing is read as a stream and cut off at the
 * first limit.
 */
import type { Readable } from "node:stream";
import { LOCAL_GIT_MS, mirrorGit } from "./git.ts";
import { TooLarge } from "./git-errors.ts";
import { checkSha } from "./host-folders.ts";
import type { Mirror } from "./mirror.ts";

/** What a workspace may hold at most. */
export type TreeLimits = { files: number; bytes: number; fileBytes: number; depth: number };

export const TREE_LIMITS: TreeLimits = { files: 200_000, bytes: 2e9, fileBytes: 100e6, depth: 64 };

/** Commits whose trees are known to be fine: most tasks of a repository start at the same few commits. */
const passed = new Set<string>();
const REMEMBERED = 1_000;

/** @throws TooLarge when the commit's tree exceeds a limit; Error when the mirror lacks the commit. */
export async function guardTree(mirror: Mirror, sha: string, limits: TreeLimits = TREE_LIMITS): Promise<void> {
  const key = `${mirror.dir} ${checkSha(sha)} ${JSON.stringify(limits)}`;
  if (passed.has(key)) return;
  const stop = new AbortController();
  const count = counter(limits);
  let excess: TooLarge | undefined;
  const watch = (stdout: Readable) =>
    stdout.on("data", (chunk: Buffer) => {
      excess ??= count(chunk);
      if (excess) stop.abort();
    });
  const git = mirrorGit(mirror.dir, { signal: AbortSignal.any([stop.signal, AbortSignal.timeout(LOCAL_GIT_MS)]) });
  git.outputHandler((_command, stdout) => void watch(stdout as Readable));
  try {
    await git.raw(["ls-tree", "-r", "-l", "-z", "--full-tree", sha]);
  } catch (error) {
    throw excess ?? new Error(`Listing the tree of ${sha} failed.`, { cause: error });
  }
  if (excess) throw excess;
  if (passed.size >= REMEMBERED) passed.clear();
  passed.add(key);
}

/** Takes the listing in pieces; answers with the first limit that is exceeded. */
function counter(limits: TreeLimits): (chunk: Buffer) => TooLarge | undefined {
  let [files, bytes, rest] = [0, 0, ""];
  return (chunk) => {
    const entries = (rest + chunk.toString("latin1")).split("\0");
    rest = entries.pop() ?? "";
    for (const entry of entries) {
      // <mode> SP <type> SP <object> SP+ <size, or - for a submodule> TAB <path>
      const tab = entry.indexOf("\t");
      const size = Number(entry.slice(entry.lastIndexOf(" ", tab) + 1, tab)) || 0;
      files += 1;
      bytes += size;
      const excess = judge({ files, bytes, size, depth: entry.slice(tab).split("/").length }, limits);
      if (excess) return excess;
    }
    return undefined;
  };
}

type Counted = { files: number; bytes: number; size: number; depth: number };

function judge(now: Counted, limits: TreeLimits): TooLarge | undefined {
  const say = (limit: TooLarge["limit"], text: string) =>
    new TooLarge(limit, `The repository is too large for this host: ${text}.`);
  if (now.files > limits.files) return say("files", `it has more than ${limits.files} files`);
  if (now.size > limits.fileBytes) return say("file size", `it has a file of more than ${limits.fileBytes / 1e6} MB`);
  if (now.bytes > limits.bytes) return say("bytes", `its files make more than ${limits.bytes / 1e6} MB`);
  if (now.depth > limits.depth) return say("depth", `its folders are nested more than ${limits.depth} deep`);
  return undefined;
}
