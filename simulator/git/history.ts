/**
 * Commits, differences and contents, as git tells them.
 */
import { git, gitBytes, gitOrUndefined } from "./git.ts";
import { splitDiff } from "./split-diff.ts";

export type CommitInfo = {
  sha: string;
  tree: string;
  parents: string[];
  author: { name: string; email: string; date: string };
  committer: { name: string; email: string; date: string };
  message: string;
};

const fields = ["%H", "%T", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B"];

/** `git log` that prints these fields of each commit; only NUL divides them, which none of them can hold. */
export const logArguments = (placeholders: readonly string[]): string[] => [
  "log",
  "-z",
  `--format=${placeholders.join("%x00")}`,
];

/** What `git log` printed by `logArguments`, commit by commit. */
export function logRecords(text: string, size: number): string[][] {
  const all = text.split("\0").slice(0, -1);
  return Array.from({ length: all.length / size }, (_, at) => all.slice(at * size, (at + 1) * size));
}

function parseCommits(text: string): CommitInfo[] {
  return logRecords(text, fields.length).map((record) => {
    const [sha = "", tree = "", parents = "", an = "", ae = "", ad = "", cn = "", ce = "", cd = "", message = ""] =
      record;
    return {
      sha,
      tree,
      parents: parents.split(" ").filter(Boolean),
      author: { name: an, email: ae, date: utc(ad) },
      committer: { name: cn, email: ce, date: utc(cd) },
      message: message.replace(/\n+$/, ""),
    };
  });
}

const lastSecond = Date.parse("9999-12-31T23:59:59Z") / 1000;

/** git takes any number of seconds for a date; beyond these years there is no way to write it. */
const utc = (seconds: string): string =>
  new Date(Math.min(Number(seconds), lastSecond) * 1000).toISOString().replace(".000Z", "Z");

/** One commit; the id must exist. */
export async function readCommit(dir: string, sha: string): Promise<CommitInfo> {
  const [commit] = parseCommits(await git(dir, [...logArguments(fields), "-1", sha, "--"]));
  if (!commit) throw new Error(`git log printed nothing for ${sha}`);
  return commit;
}

/** Commits reachable from `range` (`a..b` or one id), newest first. */
export async function listCommits(dir: string, range: string, limit: number, path?: string): Promise<CommitInfo[]> {
  const args = [...logArguments(fields), `--max-count=${limit}`, range, "--"];
  return parseCommits(await git(dir, path ? [...args, path] : args));
}

export async function countCommits(dir: string, range: string): Promise<number> {
  return Number((await git(dir, ["rev-list", "--count", range, "--"])).trim());
}

/** Where two commits parted, or undefined when they have no common history. */
export async function mergeBase(dir: string, a: string, b: string): Promise<string | undefined> {
  return (await gitOrUndefined(dir, ["merge-base", a, b]))?.trim();
}

export type FileDiff = {
  filename: string;
  previousFilename?: string;
  status: "added" | "removed" | "modified" | "renamed" | "changed";
  sha: string;
  additions: number;
  deletions: number;
  /** Hunks only; undefined for binary files. */
  patch?: string;
};

const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** The empty tree stands in for the parent of a root commit. */
export const parentOrEmpty = (commit: CommitInfo): string => commit.parents[0] ?? emptyTree;

const statusOf = (letter: string): FileDiff["status"] =>
  letter === "A"
    ? "added"
    : letter === "D"
      ? "removed"
      : letter === "R"
        ? "renamed"
        : letter === "T"
          ? "changed"
          : "modified";

type RawEntry = { status: FileDiff["status"]; sha: string; filename: string; previousFilename?: string };

function parseRaw(text: string): RawEntry[] {
  const fields = text.split("\0");
  const entries: RawEntry[] = [];
  for (let at = 0; fields[at]?.startsWith(":"); ) {
    const [, , before = "", after = "", letter = ""] = (fields[at] ?? "").split(" ");
    const status = statusOf(letter[0] ?? "");
    const first = fields[at + 1] ?? "";
    const sha = status === "removed" ? before : after;
    if (status === "renamed") entries.push({ status, sha, filename: fields[at + 2] ?? "", previousFilename: first });
    else entries.push({ status, sha, filename: first });
    at += status === "renamed" ? 3 : 2;
  }
  return entries;
}

/** What changed between two trees, file by file, renames found. */
export async function diffFiles(dir: string, from: string, to: string): Promise<FileDiff[]> {
  const options = ["-M", "--no-color", "--no-ext-diff", "--full-index"];
  const [raw, text] = await Promise.all([
    git(dir, ["diff", "--raw", "-z", "--abbrev=40", ...options, from, to, "--"]),
    git(dir, ["diff", ...options, from, to, "--"]),
  ]);
  const patches = splitDiff(text);
  let next = 0;
  return parseRaw(raw).map((entry) => {
    const section = patches[next] ?? "";
    next += entry.status === "changed" ? 2 : 1; // a change of type is printed as a removal and an addition
    const at = section.indexOf("\n@@ ");
    const patch = at < 0 ? undefined : section.slice(at + 1);
    const lines = patch?.split("\n") ?? [];
    return {
      ...entry,
      additions: lines.filter((line) => line.startsWith("+")).length,
      deletions: lines.filter((line) => line.startsWith("-")).length,
      patch,
    };
  });
}

/** The unified diff between two trees. */
export const diffText = (dir: string, from: string, to: string): Promise<string> =>
  git(dir, ["diff", "-M", "--no-color", "--no-ext-diff", from, to, "--"]);

/** The tree that merging would give, or undefined when the merge conflicts. */
export async function mergeTree(dir: string, base: string, head: string): Promise<string | undefined> {
  return (await gitOrUndefined(dir, ["merge-tree", "--write-tree", base, head]))?.split("\n")[0];
}

export type TreeEntry = { mode: string; type: "blob" | "tree" | "commit"; sha: string; size: number; path: string };

/** Whether something in a commit could be there: no empty segment, none that leads elsewhere. */
export const isTreePath = (path: string): boolean =>
  !path.includes("\0") && path.split("/").every((segment) => !["", ".", ".."].includes(segment));

/** The entry at a path of a commit, or undefined. The empty path is the root tree. */
export async function treeEntry(dir: string, commit: string, path: string): Promise<TreeEntry | undefined> {
  if (path === "") return { mode: "040000", type: "tree", sha: `${commit}^{tree}`, size: 0, path: "" };
  if (!isTreePath(path)) return undefined;
  const [entry] = parseTree(await git(dir, ["ls-tree", "-l", "-z", "--full-tree", commit, "--", path]));
  return entry;
}

/** The entries of a directory, with full paths. */
export async function listTree(dir: string, commit: string, path: string): Promise<TreeEntry[]> {
  const place = path === "" ? [] : [`${path}/`];
  return parseTree(await git(dir, ["ls-tree", "-l", "-z", "--full-tree", commit, "--", ...place]));
}

function parseTree(text: string): TreeEntry[] {
  return text
    .split("\0")
    .filter(Boolean)
    .map((line) => {
      const tab = line.indexOf("\t"); // the first one ends the columns; a path may hold more
      const [meta, path] = [line.slice(0, tab), line.slice(tab + 1)];
      const [mode = "", type = "blob", sha = "", size = "0"] = meta.split(/ +/);
      return { mode, type: type as TreeEntry["type"], sha, size: Number(size) || 0, path };
    });
}

export const readBlob = (dir: string, sha: string): Promise<Buffer> => gitBytes(dir, ["cat-file", "blob", sha]);
