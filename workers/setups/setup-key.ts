/**
 * Names what a setup command makes by what goes into it: the command itself and the files that it may read, with their contents.
 * Two commits with the same name get the same result.
 */
import { createHash } from "node:crypto";
import { hostGitOutput } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import { readFilesAt } from "../workspace/read-file-at.ts";
import { isBuilt, readsMore, readsOf, saysMore } from "./setup-reads.ts";

/** `ofAll`: everything in the commit counts, so hardly any other has the same name. */
export type SetupKey = { name: string; ofAll: boolean };

/** `repositoryDir`: one of the host's that has the commit. `kind`: where it is run, if that may matter to it. */
export type SetupInput = { repositoryDir: string; sha: string; command: readonly string[]; kind: string };

/** A listing of the largest tree that is worked on. */
const MAX_LISTING_BYTES = 64_000_000;
/** Descriptions of packages that are read at most, and of each in bytes. */
const MOST_READ = 200;
const MAX_BYTES = 1_000_000;

type Entry = { path: string; line: string };

export async function setupKey(input: SetupInput): Promise<SetupKey> {
  const { repositoryDir, sha, command, kind } = input;
  const args = ["ls-tree", "-r", "-z", "--full-tree", checkSha(sha)];
  const listing = await hostGitOutput(repositoryDir, args, { maxOutputBytes: MAX_LISTING_BYTES });
  const entries = listing.split("\0").map((line) => ({ line, path: line.slice(line.indexOf("\t") + 1) }));
  const reads = readsOf(command);
  const read = reads === "everything" ? [] : entries.filter(({ path }) => reads(path));
  const ofAll = reads === "everything" || (await readMore(input, entries));
  const hash = createHash("sha256").update(JSON.stringify([command, kind, ofAll]));
  for (const { line } of ofAll ? entries : read) hash.update(`${line}\0`);
  return { name: hash.digest("hex").slice(0, 40), ofAll };
}

async function readMore({ repositoryDir, sha }: SetupInput, entries: readonly Entry[]): Promise<boolean> {
  // A link leads to another file, which the listing does not show.
  if (entries.some(({ path, line }) => isBuilt(path) || (line.startsWith("120000") && saysMore(path)))) return true;
  const paths = entries.map(({ path }) => path).filter(saysMore);
  if (paths.length > MOST_READ) return true;
  if (paths.length === 0) return false;
  const files = await readFilesAt({ dir: repositoryDir }, sha, paths, MAX_BYTES);
  return files.length < paths.length || files.some(({ path, text }) => readsMore(path, text));
}
