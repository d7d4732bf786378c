/** Reads files of a commit from the mirror, for settings that must come from the default branch and from nowhere else. */
import { hostGit } from "./git.ts";
import { TooLarge } from "./git-errors.ts";
import { checkSha } from "./host-folders.ts";
import type { Mirror } from "./mirror.ts";

export type FileAt = { path: string; text: string };

/** What was read last: a commit never changes, and most tasks of a repository start at the same one. */
const known = new Map<string, readonly FileAt[]>();
const REMEMBERED = 50;

/**
 * Those of `paths` at which the commit has a regular file (a folder or a link is none), in git's order. One look-up for
 * all of them, and one more program for each file that there is.
 * @throws TooLarge when one is larger than `maxBytes`; Error when the mirror lacks the commit.
 */
export async function readFilesAt(
  mirror: Mirror,
  sha: string,
  paths: readonly string[],
  maxBytes: number,
): Promise<readonly FileAt[]> {
  const key = [mirror.dir, sha, maxBytes, ...paths].join(" ");
  const before = known.get(key);
  if (before) return before;
  const files = await Promise.all((await blobsAt(mirror, sha, paths, maxBytes)).map((blob) => read(mirror, blob)));
  if (known.size >= REMEMBERED) known.clear();
  known.set(key, files);
  return files;
}

type Blob = { path: string; blob: string };

async function blobsAt(mirror: Mirror, sha: string, paths: readonly string[], maxBytes: number): Promise<Blob[]> {
  const listed = await hostGit(mirror.dir, ["ls-tree", "-l", "-z", "--full-tree", checkSha(sha), "--", ...paths]);
  if (listed.exitCode !== 0) {
    throw new Error(`Cannot look up ${paths.join(", ")} in ${sha}: ${listed.stderr.trim().slice(-300)}`);
  }
  const entries = listed.stdout.matchAll(/(?:^|\0)100\d{3} blob ([0-9a-f]{40}) +(\d+)\t([^\0]+)/g);
  const found = [...entries].map(([, blob = "", size = "", path = ""]) => ({ blob, size: Number(size), path }));
  // Where one path leads through another, git also lists what lies beside it.
  const asked = found.filter(({ path }) => paths.includes(path));
  const large = asked.find(({ size }) => size > maxBytes);
  if (!large) return asked;
  throw new TooLarge("file size", `\`${large.path}\` is larger than the ${maxBytes} bytes that are read of it.`);
}

async function read(mirror: Mirror, { path, blob }: Blob): Promise<FileAt> {
  const shown = await hostGit(mirror.dir, ["cat-file", "blob", blob]);
  if (shown.exitCode !== 0) throw new Error(`Cannot read ${path} from ${blob}: ${shown.stderr.trim().slice(-300)}`);
  return { path, text: shown.stdout };
}
