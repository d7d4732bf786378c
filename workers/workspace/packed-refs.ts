/**
 * What a task's repository knows besides its own branch: the base under its own name and as `origin/…`, and the tags, so that
 * `git diff main...HEAD` and `git describe` work in it. There is no remote behind them. They stand in one file, packed-refs
 * (gitrepository-layout(5)): git takes it for its own, and a thousand tags cost one write.
 */
import { knownTip } from "./fetch-refs.ts";
import type { Mirror } from "./mirror.ts";
import { readTags } from "./mirror-tags.ts";

/** `branch`: the task's own, which stands in a file of its own. `base`: what the work is to be merged into. `start`: what it starts from. */
export type Around = { branch: string; base: string; start: string };

/** The file's text. Branches that were never fetched, and names that the task's own branch rules out, are left out. */
export function packedRefs(mirror: Mirror, { branch, base, start }: Around): string {
  const refs = new Map(readTags(mirror));
  for (const name of new Set([base, start])) {
    const sha = knownTip(mirror, name);
    if (sha !== undefined) refs.set(`refs/remotes/origin/${name}`, sha);
  }
  const tip = knownTip(mirror, base);
  if (tip !== undefined && !ruleOut(branch, base)) refs.set(`refs/heads/${base}`, tip);
  return [...refs].map(([ref, sha]) => `${sha} ${ref}\n`).join("");
}

/** git keeps branches as files, so that a branch `a` leaves no room for one that is called `a/b`. */
const ruleOut = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
