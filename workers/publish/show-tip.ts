/**
 * Makes a tree what a commit says, as far as git is concerned with it. Changes that git was told not to see (`update-index
 * --assume-unchanged`, filters, private exclude files) are undone, and so are files that are neither in the commit nor ignored by
 * a `.gitignore`. What the repository ignores stays: dependencies, build output. Files that are right already are not touched, so
 * a build tool sees no change.
 */
import { runProgram } from "../run-program.ts";
import { type TipRepository, withTipRepository } from "./tip-repository.ts";

export type ShownTip = TipRepository & { signal?: AbortSignal };

const SHOW_MS = 5 * 60_000;

/** `update-index` says with code 1 that files differ: they are next. */
const SCRIPT = `
git update-index -q --really-refresh >/dev/null
git checkout-index --all --force --quiet || exit 1
git clean --force --force -d --quiet
`;

/** False when the tree cannot be brought there, because of what was left in it. */
export async function showTip({ signal, ...at }: ShownTip): Promise<boolean> {
  const done = await runProgram({ ...withTipRepository(at, SCRIPT), timeoutMs: SHOW_MS, signal });
  return done.exitCode === 0;
}
