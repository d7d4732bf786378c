/**
 * Git LFS keeps large files beside the repository, which then has a pointer in their place. Nobody here can upload what belongs
 * beside it: so a file whose `.gitattributes` ask for a pointer must be one, and of an object that GitHub has. What the attributes
 * are is read from the tree that would be published, never from anybody's configuration.
 */
import { join, posix } from "node:path";
import { hostGit, hostGitOutput } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import { type Change, DELETED, type Difference } from "./changes.ts";
import { named, type Objection } from "./objection.ts";
import type { Quarantine } from "./quarantine.ts";

const ATTRIBUTES = ".gitattributes";
const MAX_POINTER_BYTES = 1024;
const POINTER =
  /^version https:\/\/(git-lfs\.github\.com\/spec|hawser\.github\.com\/spec)\/v1\n(ext-\d-[^\n]+\n)*oid sha256:[0-9a-f]{64}\nsize \d+\n$/;
/** A tree of 200,000 files with long names, which is the largest that is checked out. */
const MAX_TREE_BYTES = 100_000_000;
const MAX_ARGUMENTS = 1_000;

/** `before`: what GitHub has already, as a commit or a tree. */
export async function objectionToLfs(
  { quarantine, before, tip }: Difference,
  changes: readonly Change[],
): Promise<Objection | undefined> {
  const files = changes.filter(({ mode }) => mode !== DELETED && mode.startsWith("100"));
  const kept = await keptInLfs(quarantine, tip, files);
  if (kept.length === 0) return undefined;
  const raw: string[] = [];
  const pointers: Change[] = [];
  for (const file of kept) {
    const kind = await kindOf(quarantine, file.blob);
    if (kind === "raw") raw.push(file.path);
    if (kind === "pointer") pointers.push(file);
  }
  if (raw.length > 0) return objectionToRaw(raw);
  const known = pointers.length === 0 ? "" : await listTree(quarantine, before);
  const strange = pointers.filter(({ blob }) => !known.includes(` ${blob}\t`)).map(({ path }) => path);
  return strange.length > 0 ? objectionToStrange(strange) : undefined;
}

const NO_UPLOAD = "Orch cannot upload files to Git LFS yet";

function objectionToRaw(paths: readonly string[]): Objection {
  return {
    reason: `\`.gitattributes\` keeps ${named(paths)} in Git LFS, and the agent committed the content itself. ${NO_UPLOAD}; please add that part yourself.`,
    remedy: `\`.gitattributes\` keeps ${named(paths)} in Git LFS, and you committed the content itself. ${NO_UPLOAD}: take these files out of your change, and say in your last words what is missing. Do not change \`.gitattributes\` for it.`,
  };
}

function objectionToStrange(paths: readonly string[]): Objection {
  return {
    reason: `The agent made pointers to files in Git LFS that GitHub does not have: ${named(paths)}. ${NO_UPLOAD}; please add that part yourself.`,
    remedy: `You made pointers to files in Git LFS that GitHub does not have: ${named(paths)}. ${NO_UPLOAD}: take these files out of your change, and say in your last words what is missing.`,
  };
}

/** Those of the files that the tree's own attributes give to the filter `lfs`. */
async function keptInLfs(quarantine: Quarantine, tip: string, files: readonly Change[]): Promise<readonly Change[]> {
  const attributes = await attributeFiles(quarantine, tip, files);
  if (attributes === "") return [];
  // An index with nothing but the attributes in it: git 2.39, which Debian has, cannot read them from a tree.
  const env = { GIT_INDEX_FILE: join(quarantine.dir, "attributes.index") };
  await hostGitOutput(quarantine.dir, ["read-tree", "--empty"], { env });
  await hostGitOutput(quarantine.dir, ["update-index", "-z", "--index-info"], { env, input: attributes });
  const input = files.map(({ path }) => `${path}\0`).join("");
  const asked = await hostGitOutput(quarantine.dir, ["check-attr", "--cached", "--stdin", "-z", "filter"], {
    ...{ env, input },
    maxOutputBytes: 50_000_000,
  });
  // <path> NUL <attribute> NUL <value> NUL, in the order of the input
  const values = asked.split("\0").filter((_, index) => index % 3 === 2);
  return files.filter((_, index) => values[index] === "lfs");
}

/** The tree's entries of every `.gitattributes` that speaks for one of the files, as `ls-tree -z` gives them. */
async function attributeFiles(quarantine: Quarantine, tip: string, files: readonly Change[]): Promise<string> {
  const folders = new Set<string>();
  for (const { path } of files) for (const folder of foldersOf(path)) folders.add(folder);
  const names = [...folders].map((folder) => posix.join(folder, ATTRIBUTES));
  let entries = "";
  for (let start = 0; start < names.length; start += MAX_ARGUMENTS) {
    const asked = ["ls-tree", "-z", "--full-tree", checkSha(tip), "--", ...names.slice(start, start + MAX_ARGUMENTS)];
    const told = await hostGitOutput(quarantine.dir, ["--literal-pathspecs", ...asked]);
    entries += told
      .split("\0")
      .filter((entry) => /^100\d{3} blob /.test(entry) && names.includes(entry.slice(entry.indexOf("\t") + 1)))
      .map((entry) => `${entry}\0`)
      .join("");
  }
  return entries;
}

/** `a/b/c` -> `.`, `a`, `a/b` */
function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return [".", ...parts.map((_, index) => parts.slice(0, index + 1).join("/"))];
}

/** An empty file is its own pointer. */
async function kindOf(quarantine: Quarantine, blob: string): Promise<"raw" | "pointer" | "empty"> {
  const args = ["cat-file", "blob", checkSha(blob)];
  const done = await hostGit(quarantine.dir, args, { maxOutputBytes: MAX_POINTER_BYTES });
  if (done.truncated) return "raw";
  if (done.exitCode !== 0) throw new Error(`Cannot read ${blob}: ${done.stderr.trim().slice(-300)}`);
  if (done.stdout === "") return "empty";
  return POINTER.test(done.stdout) ? "pointer" : "raw";
}

/** A pointer that stands in what GitHub has is one to an object that is there. */
async function listTree(quarantine: Quarantine, before: string): Promise<string> {
  const args = ["ls-tree", "-r", "--full-tree", checkSha(before)];
  return hostGitOutput(quarantine.dir, args, { maxOutputBytes: MAX_TREE_BYTES });
}
