/**
 * What may not leave this host in the name of the bot, whatever the agent wanted. Judged on trees in the quarantine; every
 * refusal is a sentence for the person who asked.
 */
import { posix } from "node:path";
import { hostGitOutput } from "../workspace/git.ts";
import type { Change } from "./changes.ts";
import type { Quarantine } from "./quarantine.ts";

/** `bytes`: all new or changed files together. */
const CHANGE_LIMITS = { files: 300, bytes: 5_000_000 };

const DELETED = "000000";
const LINK = "120000";
const SUBMODULE = "160000";
const MODES = [DELETED, LINK, "100644", "100755"];
const MAX_LINK_BYTES = 4096;
/** No system opens a longer path. */
const MAX_PATH_CHARACTERS = 4096;

/** The reason why these changes may not be published, or undefined when they may. */
export async function reasonAgainst(
  quarantine: Quarantine,
  changes: readonly Change[] | "too many",
  secrets: readonly string[] = [],
): Promise<string | undefined> {
  if (changes === "too many" || changes.length > CHANGE_LIMITS.files) {
    return `The agent changed more than ${CHANGE_LIMITS.files} files, which is more than Orch publishes. Are built or installed files missing in \`.gitignore\`?`;
  }
  for (const change of changes) {
    const reason = reasonAgainstPath(change.path) ?? reasonAgainstMode(change);
    if (reason) return reason;
  }
  const sizes = await sizesOf(quarantine, changes);
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (total > CHANGE_LIMITS.bytes) {
    return `The files that the agent changed make ${(total / 1e6).toFixed(1)} MB, which is more than the ${CHANGE_LIMITS.bytes / 1e6} MB that Orch publishes.`;
  }
  return (
    (await reasonAgainstLinks(quarantine, changes, sizes)) ??
    reasonAgainstContents(quarantine, [...sizes.keys()], secrets)
  );
}

function reasonAgainstPath(path: string): string | undefined {
  if (path.length > MAX_PATH_CHARACTERS) return `The agent made a file whose name is too long: ${shown(path)}.`;
  if (/[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufffd\\]/u.test(path)) {
    return `The agent made a file whose name holds control characters, backslashes or broken text: ${shown(path)}.`;
  }
  if (path.split("/").some((part) => part === ".." || part === "." || part === "" || isGitFolder(part))) {
    return `The agent made a file with a name that git tools take for their own: ${shown(path)}.`;
  }
  if (/^\.github\/workflows(\/|$)/i.test(path)) {
    return `The agent changed ${shown(path)}. Orch has no permission to change workflows, on purpose; please make that part yourself.`;
  }
  return undefined;
}

/** `.git` as file systems that ignore case, trailing dots, stream names or invisible characters would read it. */
function isGitFolder(part: string): boolean {
  const plain = part.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, "").replace(/:.*$/, "");
  return [".git", "git~1"].includes(plain.replace(/[ .]+$/, "").toLowerCase());
}

function reasonAgainstMode({ mode, path }: Change): string | undefined {
  if (mode === SUBMODULE) {
    return `The agent left a repository inside the repository, at ${shown(path)}. Orch does not publish submodules.`;
  }
  return MODES.includes(mode) ? undefined : `The agent made ${shown(path)} with the unusual file mode ${shown(mode)}.`;
}

async function sizesOf(quarantine: Quarantine, changes: readonly Change[]): Promise<Map<string, number>> {
  const blobs = [...new Set(changes.filter(({ mode }) => mode !== DELETED).map(({ blob }) => blob))];
  if (blobs.length === 0) return new Map();
  const args = ["cat-file", "--batch-check=%(objectsize)"];
  const lines = (await hostGitOutput(quarantine.dir, args, { input: `${blobs.join("\n")}\n` })).trim().split("\n");
  return new Map(
    blobs.map((blob, index) => {
      const size = Number.parseInt(lines[index] ?? "", 10);
      if (Number.isNaN(size)) throw new Error(`The quarantine lacks the object ${blob}.`);
      return [blob, size];
    }),
  );
}

async function reasonAgainstLinks(quarantine: Quarantine, changes: readonly Change[], sizes: Map<string, number>) {
  for (const { path, blob } of changes.filter(({ mode }) => mode === LINK)) {
    const tooLong = (sizes.get(blob) ?? 0) > MAX_LINK_BYTES;
    const target = tooLong ? "/" : await hostGitOutput(quarantine.dir, ["cat-file", "blob", blob]);
    if (leavesTree(path, target)) return `The agent made a link that leads out of the repository: ${shown(path)}.`;
  }
  return undefined;
}

/** Reads everything that is new, which is little by now. */
async function reasonAgainstContents(quarantine: Quarantine, blobs: readonly string[], secrets: readonly string[]) {
  if (blobs.length === 0 || secrets.length === 0) return undefined;
  const contents = await hostGitOutput(quarantine.dir, ["cat-file", "--batch"], { input: `${blobs.join("\n")}\n` });
  if (!secrets.some((secret) => contents.includes(secret))) return undefined;
  return "The agent committed the value of a key that it was given, so nothing was published. Please tell the operator of this worker host.";
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

/** A hostile name, fit for a sentence. */
function shown(text: string): string {
  return `\`${text.replace(/[^\x20-\x7e]|[`\\]/g, "?").slice(0, 200)}\``;
}
