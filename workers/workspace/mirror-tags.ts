/**
 * The tags that a mirror has: those that lie on branches which were fetched. They are a help to the agent and never a reason to
 * fail. A tag that moves on GitHub is not followed.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isBranchName } from "./branch-name.ts";
import { checkSha } from "./host-folders.ts";
import type { Mirror } from "./mirror.ts";

const TAGS = "refs/tags";
/** Tags beyond this are left out. One takes some sixty bytes. */
const MAX_TAGS = 10_000;
/** A mirror with more tags in files of their own packs them; so many are read without delay. */
const MAX_LOOSE = 200;

/** Ref -> object. */
export function readTags({ dir }: Mirror): ReadonlyMap<string, string> {
  const tags = new Map(packedTags(join(dir, "packed-refs")));
  for (const ref of looseTags(dir).slice(0, 2 * MAX_LOOSE)) {
    const sha = unlessGone(() => readFileSync(join(dir, ref), "utf8"));
    if (sha !== undefined) tags.set(ref, checkSha(sha.trim()));
  }
  return new Map([...tags].slice(0, MAX_TAGS));
}

/** A tag may be in the way of another (git keeps both as files), or have a name that no file can bear. */
export const isAboutTags = (error: unknown): boolean => error instanceof Error && error.message.includes(`${TAGS}/`);

export function forgetTags({ dir }: Mirror): void {
  rmSync(join(dir, "packed-refs"), { force: true });
  rmSync(join(dir, TAGS), { recursive: true, force: true });
  mkdirSync(join(dir, TAGS));
}

/** `pack`: git packs tags, and no branch that was not packed before. */
export async function packTags({ dir }: Mirror, pack: () => Promise<unknown>): Promise<void> {
  if (looseTags(dir).length > MAX_LOOSE) await pack();
}

function packedTags(file: string): [ref: string, sha: string][] {
  const text = unlessGone(() => readFileSync(file, "utf8")) ?? "";
  const lines = text.matchAll(/^([0-9a-f]{40}) (refs\/tags\/\S+)$/gm);
  return [...lines].map(([, sha = "", ref = ""]) => [ref, sha]);
}

function looseTags(dir: string): string[] {
  const entries = unlessGone(() => readdirSync(join(dir, TAGS), { withFileTypes: true, recursive: true })) ?? [];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .filter((ref) => isBranchName(ref.slice(TAGS.length + 1)));
}

/** Another task's fetch may pack the tags meanwhile. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
