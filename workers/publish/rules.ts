/**
 * What may not leave this host in the name of the bot, whatever the agent wanted. Judged on trees in the quarantine; every
 * objection is a sentence for the person who asked, and mostly one for the agent, which can mend it.
 */
import { posix } from "node:path";
import { hostGitOutput } from "../workspace/git.ts";
import { objectionToSizes, type Sizes, sizesOf } from "./change-sizes.ts";
import { type Change, DELETED, type DiffStat, SUBMODULE } from "./changes.ts";
import { named, type Objection } from "./objection.ts";
import type { Quarantine } from "./quarantine.ts";

/** The operator's, of one change. `files`: new and changed ones. `fileBytes`: by how much one of them may grow. */
export type ChangeLimits = { files: number; lines: number; fileBytes: number };
export type Rules = { limits: ChangeLimits; secrets?: readonly string[] | undefined };

const LINK = "120000";
const MODES = [DELETED, LINK, "100644", "100755"];
const MAX_LINK_BYTES = 4096;
/** No system opens a longer path. */
const MAX_PATH_CHARACTERS = 4096;
/** Contents that are read at once. */
const BATCH_BYTES = 16_000_000;

/** Why these changes may not be published; empty when they may. The lines are counted apart. */
export async function objectionsToFiles(
  quarantine: Quarantine,
  changes: readonly Change[] | "too many",
  { limits, secrets = [] }: Rules,
): Promise<Objection[]> {
  if (changes === "too many") return [tooMany([], limits)];
  const kept = changes.filter(({ mode }) => mode !== DELETED);
  const found = [...objectionsToPaths(changes), ...(kept.length > limits.files ? [tooMany(kept, limits)] : [])];
  // What is beyond measure is not looked at more closely.
  if (found.length > 0) return found;
  const sizes = await sizesOf(quarantine, changes);
  const large = objectionToSizes(kept, sizes, limits);
  if (large) return [large];
  const links = await objectionToLinks(quarantine, kept, sizes);
  const leak = await objectionToContents(quarantine, kept, { sizes, secrets });
  return [...(links ? [links] : []), ...(leak ? [leak] : [])];
}

function tooMany(kept: readonly Change[], { files }: ChangeLimits): Objection {
  const most = fullestFolder(kept);
  const where = most === undefined ? "" : ` Most of them are in ${named([most])}.`;
  return {
    reason: `The agent changed more than ${files.toLocaleString("en")} files, which is more than this worker host publishes (\`limits.changedFiles\`).${where} Are built or installed files missing in \`.gitignore\`?`,
    remedy: `Take the files that do not belong to the task out of your commits (built or installed ones belong in \`.gitignore\`); at most ${files.toLocaleString("en")} may be new or changed.${where}`,
  };
}

/** Where more than half of the files are, if there is such a folder. */
function fullestFolder(changes: readonly Change[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { path } of changes) {
    const folder = path.includes("/") ? `${path.slice(0, path.indexOf("/"))}/` : undefined;
    if (folder) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, one], [, other]) => other - one);
  return most && most[1] > changes.length / 2 ? most[0] : undefined;
}

export function objectionToLines({ additions }: DiffStat, { lines }: ChangeLimits): Objection | undefined {
  if (additions <= lines) return undefined;
  const [added, allowed] = [additions, lines].map((number) => number.toLocaleString("en"));
  return {
    reason: `The agent added ${added} lines, which is more than the ${allowed} that this worker host publishes (\`limits.changedLines\`).`,
    remedy: `Your change adds ${added} lines, and ${allowed} may be added: take what does not belong to the task out of your commits.`,
  };
}

/** What is wrong with a path or its mode: how it is told of one file and of several, and how the agent mends it. */
type Fault = { one: string; many: string; remedy: string; hint?: string };

const RENAME = "Give them ordinary names, or take them out of your commits.";
const FAULTS = {
  long: { one: "a file whose name is too long", many: "files whose names are too long", remedy: RENAME },
  characters: {
    one: "a file whose name holds control characters, backslashes or broken text",
    many: "files whose names hold control characters, backslashes or broken text",
    remedy: RENAME,
  },
  gitFolder: {
    one: "a file with a name that git tools take for their own",
    many: "files with names that git tools take for their own",
    remedy: RENAME,
  },
  workflow: {
    one: "a change of a workflow",
    many: "changes of workflows",
    remedy:
      "Undo your changes below `.github/workflows`, and say in your last words what a person should change there.",
    hint: "Orch has no permission to change workflows, on purpose; please make that part yourself.",
  },
  repository: {
    one: "a repository inside the repository",
    many: "repositories inside the repository",
    remedy:
      "Take them out of your commits (`git rm --cached`) and move them out of this folder, or name them in `.gitignore`.",
    hint: "Orch does not publish submodules.",
  },
  mode: {
    one: "a file with an unusual mode",
    many: "files with unusual modes",
    remedy: "Give them an ordinary mode, or take them out of your commits.",
  },
} satisfies Record<string, Fault>;

function objectionsToPaths(changes: readonly Change[]): Objection[] {
  const found = new Map<Fault, string[]>();
  for (const change of changes) {
    const fault = faultOf(change);
    if (fault) found.set(fault, [...(found.get(fault) ?? []), change.path]);
  }
  return [...found].map(([fault, paths]) => objectionTo(fault, paths));
}

function objectionTo({ one, many, remedy, hint }: Fault, paths: readonly string[]): Objection {
  const what = `${paths.length === 1 ? one : many}: ${named(paths)}.`;
  return { reason: `The agent left ${what}${hint ? ` ${hint}` : ""}`, remedy: `You left ${what} ${remedy}` };
}

function faultOf({ path, mode }: Change): Fault | undefined {
  if (path.length > MAX_PATH_CHARACTERS) return FAULTS.long;
  if (/[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufffd\\]/u.test(path)) return FAULTS.characters;
  if (path.split("/").some((part) => part === ".." || part === "." || part === "" || isGitFolder(part)))
    return FAULTS.gitFolder;
  if (/^\.github\/workflows(\/|$)/i.test(path)) return FAULTS.workflow;
  if (mode === SUBMODULE) return FAULTS.repository;
  return MODES.includes(mode) ? undefined : FAULTS.mode;
}

/** `.git` as file systems that ignore case, trailing dots, stream names or invisible characters would read it. */
function isGitFolder(part: string): boolean {
  const plain = part.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, "").replace(/:.*$/, "");
  return [".git", "git~1"].includes(plain.replace(/[ .]+$/, "").toLowerCase());
}

async function objectionToLinks(
  quarantine: Quarantine,
  changes: readonly Change[],
  sizes: Sizes,
): Promise<Objection | undefined> {
  const outside: string[] = [];
  for (const { path, blob } of changes.filter(({ mode }) => mode === LINK)) {
    const tooLong = (sizes.get(blob) ?? 0) > MAX_LINK_BYTES;
    const target = tooLong ? "/" : await hostGitOutput(quarantine.dir, ["cat-file", "blob", blob]);
    if (leavesTree(path, target)) outside.push(path);
  }
  const fault = {
    one: "a link that leads out of the repository",
    many: "links that lead out of the repository",
    remedy: "Take it out of your commits, or let it lead to a place in the repository.",
  };
  return outside.length === 0 ? undefined : objectionTo(fault, outside);
}

/** The agent is not told: a key in a commit is the operator's to know of first. */
async function objectionToContents(
  quarantine: Quarantine,
  changes: readonly Change[],
  { sizes, secrets }: { sizes: Sizes; secrets: readonly string[] },
): Promise<Objection | undefined> {
  if (secrets.length === 0) return undefined;
  const blobs = [...new Set(changes.map(({ blob }) => blob))];
  for (const { ids, bytes } of batchesOf(blobs, sizes)) {
    const options = { input: `${ids.join("\n")}\n`, maxOutputBytes: bytes + ids.length * 100 };
    const contents = await hostGitOutput(quarantine.dir, ["cat-file", "--batch"], options);
    if (secrets.some((secret) => contents.includes(secret)))
      return {
        reason:
          "The agent committed the value of a key that it was given, so nothing was published. Please tell the operator of this worker host.",
      };
  }
  return undefined;
}

function batchesOf(blobs: readonly string[], sizes: Sizes): { ids: string[]; bytes: number }[] {
  const batches: { ids: string[]; bytes: number }[] = [];
  for (const blob of blobs) {
    const size = sizes.get(blob) ?? 0;
    const last = batches.at(-1);
    if (last && last.bytes + size <= BATCH_BYTES) {
      last.ids.push(blob);
      last.bytes += size;
    } else batches.push({ ids: [blob], bytes: size });
  }
  return batches;
}

/**
 * Besides the plain cases, `..` after a name counts as leaving: the name may be a link itself, and then `..` is not where the
 * text says.
 */
function leavesTree(path: string, target: string): boolean {
  if (target === "" || posix.isAbsolute(target) || /\0/.test(target)) return true;
  const up = /^(\.\.\/|\.\/|\/)*(\.\.$)?/.exec(target)?.[0] ?? "";
  if (target.slice(up.length).split("/").includes("..")) return true;
  return posix.join(posix.dirname(path), target).split("/")[0] === "..";
}
