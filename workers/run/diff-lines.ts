/** Which lines of which files a pull request shows, so that they can be commented on: those that it adds, and three around each change. */
import { hostGit } from "../workspace/git.ts";
import type { Mirror } from "../workspace/mirror.ts";

/** By path, the lines of the file as the change leaves it. */
export type DiffLines = ReadonlyMap<string, ReadonlySet<number>>;

const MAX_BYTES = 100_000_000;
const HUNK = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** As GitHub compares: from where the branch left its base. @throws where git cannot say */
export async function diffLines(mirror: Mirror, base: string, head: string, signal: AbortSignal): Promise<DiffLines> {
  const options = ["-c", "core.quotePath=false", "diff", "--no-color", "--no-ext-diff", "--no-textconv"];
  const args = [...options, "--find-renames", "--unified=3", "--src-prefix=a/", "--dst-prefix=b/", `${base}...${head}`];
  const { exitCode, stdout, stderr } = await hostGit(mirror.dir, args, { maxOutputBytes: MAX_BYTES, signal });
  if (exitCode !== 0) throw new Error(`git diff failed: ${stderr.trim().slice(-300)}`);
  return readDiff(stdout);
}

/** A line within a hunk is never read as the beginning of a file: the hunk says how many lines it has. */
export function readDiff(diff: string): DiffLines {
  const files = new Map<string, Set<number>>();
  let lines: Set<number> | undefined;
  let [old, added, at] = [0, 0, 0];
  for (const text of diff.split("\n")) {
    if (old > 0 || added > 0) {
      const mark = text[0];
      if (mark === "\\") continue;
      if (mark !== "+") old -= 1;
      if (mark === "-") continue;
      lines?.add(at);
      added -= 1;
      at += 1;
      continue;
    }
    const hunk = HUNK.exec(text);
    if (hunk) [old, at, added] = [Number(hunk[1] ?? 1), Number(hunk[2]), Number(hunk[3] ?? 1)];
    else if (text.startsWith("+++ ")) lines = linesOf(files, text.slice(4));
  }
  return files;
}

/** A name with a blank in it has a tab behind it; one that git quotes is left out. */
function linesOf(files: Map<string, Set<number>>, name: string): Set<number> | undefined {
  const path = /^b\/(.*?)\t?$/.exec(name)?.[1];
  if (path === undefined) return undefined;
  const lines = new Set<number>();
  files.set(path, lines);
  return lines;
}
