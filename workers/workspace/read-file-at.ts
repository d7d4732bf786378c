/** Reads one file of a commit from the mirror, for settings that must come from the default branch and from nowhere else. */
import { hostGit } from "./git.ts";
import { TooLarge } from "./git-errors.ts";
import { checkSha } from "./host-folders.ts";
import type { Mirror } from "./mirror.ts";

/** What was read last: a commit never changes, and most tasks of a repository start at the same one. */
const known = new Map<string, string | undefined>();
const REMEMBERED = 50;

/**
 * The text of the regular file at `path`, or undefined when the commit has none there (a folder or a link counts as none).
 * @throws TooLarge when it is larger than `maxBytes`; Error when the mirror lacks the commit.
 */
export async function readFileAt(
  mirror: Mirror,
  sha: string,
  path: string,
  maxBytes: number,
): Promise<string | undefined> {
  const key = `${mirror.dir} ${sha} ${maxBytes} ${path}`;
  if (known.has(key)) return known.get(key);
  const text = await read(mirror, sha, path, maxBytes);
  if (known.size >= REMEMBERED) known.clear();
  known.set(key, text);
  return text;
}

async function read(mirror: Mirror, sha: string, path: string, maxBytes: number): Promise<string | undefined> {
  const listed = await hostGit(mirror.dir, ["ls-tree", "-l", "-z", "--full-tree", checkSha(sha), "--", path]);
  if (listed.exitCode !== 0) throw new Error(`Cannot look up ${path} in ${sha}: ${listed.stderr.trim().slice(-300)}`);
  const entry = /^100\d{3} blob ([0-9a-f]{40}) +(\d+)\t/.exec(listed.stdout);
  if (!entry) return undefined;
  const [, blob = "", size = ""] = entry;
  if (Number(size) > maxBytes)
    throw new TooLarge("file size", `\`${path}\` is larger than the ${maxBytes} bytes that are read of it.`);
  const shown = await hostGit(mirror.dir, ["cat-file", "blob", blob]);
  if (shown.exitCode !== 0) throw new Error(`Cannot read ${path} in ${sha}: ${shown.stderr.trim().slice(-300)}`);
  return shown.stdout;
}
