/** Reads one file of a commit from the mirror, for settings that must come from the default branch and from nowhere else. */
import { hostGit } from "./git.ts";
import { TooLarge } from "./git-errors.ts";
import { checkSha } from "./host-folders.ts";
import type { Mirror } from "./mirror.ts";

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
  const listed = await hostGit(mirror.dir, ["ls-tree", "-l", "-z", "--full-tree", checkSha(sha), "--", path]);
  if (listed.exitCode !== 0) throw new Error(`Cannot look up ${path} in ${sha}: ${listed.stderr.trim().slice(-300)}`);
  const entry = /^100\d{3} blob ([0-9a-f]{40}) +(\d+)\t/.exec(listed.stdout);
  if (!entry) return undefined;
  const [, blob = "", size = ""] = entry;
  if (Number(size) > maxBytes)
    throw new TooLarge("file size", `\`${path}\` is larger than the ${maxBytes} bytes that are read of it.`);
  const read = await hostGit(mirror.dir, ["cat-file", "blob", blob]);
  if (read.exitCode !== 0) throw new Error(`Cannot read ${path} in ${sha}: ${read.stderr.trim().slice(-300)}`);
  return read.stdout;
}
