/** Files in which an agent left the marks that git sets around both sides of a conflict. */
import { hostGit } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import { type Change, DELETED, type Difference } from "./changes.ts";
import { named, type Objection } from "./objection.ts";

/** A larger file with such marks in it is nobody's to resolve by hand either. */
const MAX_FILE_BYTES = 2_000_000;
const MAX_ARGUMENTS = 1_000;

/** `before`: a file that has such marks there may have them for a reason. */
export async function objectionToMarks(
  { quarantine: { dir }, before, tip }: Difference,
  changes: readonly Change[],
): Promise<Objection | undefined> {
  const paths = changes.filter(({ mode }) => mode !== DELETED && mode.startsWith("100")).map(({ path }) => path);
  const marked: string[] = [];
  for (const path of await withOpeningMark(dir, tip, paths))
    if (isMarked(await contentOf(dir, tip, path)) && !isMarked(await contentOf(dir, before, path))) marked.push(path);
  if (marked.length === 0) return undefined;
  const what = `the marks of a merge conflict in ${named(marked)}`;
  return {
    reason: `The agent left ${what}.`,
    remedy: `You left ${what}. Resolve the conflict and commit the result. Where the marks are meant to be there, leave them.`,
    mayBeMeant: true,
  };
}

async function withOpeningMark(dir: string, tip: string, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (let start = 0; start < paths.length; start += MAX_ARGUMENTS) {
    const some = paths.slice(start, start + MAX_ARGUMENTS);
    const args = ["--literal-pathspecs", "grep", "-I", "-l", "-z", "-E", "^<{7} ", checkSha(tip), "--", ...some];
    const done = await hostGit(dir, args);
    // 1: none.
    if (done.exitCode !== 0 && done.exitCode !== 1)
      throw new Error(`Looking for conflict marks failed: ${done.stderr.trim().slice(-300)}`);
    const names = done.stdout.split("\0").filter((name) => name !== "");
    found.push(...names.map((name) => name.slice(`${tip}:`.length)));
  }
  return found;
}

/** Empty where there is no such file. */
async function contentOf(dir: string, commit: string, path: string): Promise<string> {
  const args = ["cat-file", "blob", `${checkSha(commit)}:${path}`];
  const done = await hostGit(dir, args, { maxOutputBytes: MAX_FILE_BYTES });
  return done.exitCode === 0 && !done.truncated ? done.stdout : "";
}

/** All three marks in their order: seven `=` alone may underline a heading. */
function isMarked(content: string): boolean {
  const order = [/^<{7} /, /^={7}\r?$/, /^>{7} /];
  let next = 0;
  for (const line of content.split("\n")) {
    if (order[next]?.test(line)) next += 1;
    if (next === order.length) return true;
  }
  return false;
}
