/**
 * The files of a workspace that its commits do not have because a `.gitignore` of these hides them. Only what stands in the
 * commits counts: a private list of the agent's hides nothing.
 */
import type { HiddenFiles } from "../../src/task/progress.ts";
import { oneLine } from "../../src/text/bound.ts";
import { runProgram } from "../run-program.ts";
import { type TipRepository, withTipRepository } from "./tip-repository.ts";

const LIST_MS = 60_000;
/** What is shown of them: paths, and characters of each. */
const MOST = 20;
const MAX_PATH = 200;
/** More than this is only counted so far. */
const MOST_COUNTED = 5_000;

/** Folders that only ever hold what a package manager or an interpreter put there. Words of a regular expression. */
const DEPENDENCIES = [
  "node_modules",
  "bower_components",
  "\\.venv",
  "venv",
  "__pycache__",
  "\\.tox",
  "\\.gradle",
  "\\.pnpm-store",
];

/** Each folder of dependencies as one line that ends with a slash, the outermost of them. */
const SCRIPT = `
git ls-files -z --others --ignored --exclude-per-directory=.gitignore |
  sed -z -E ':a; s#^(.*/)?(${DEPENDENCIES.join("|")})/.+#\\1\\2/#; ta' | uniq -z | head -z -n ${MOST_COUNTED}
`;

const IS_DEPENDENCIES = new RegExp(`(^|/)(${DEPENDENCIES.join("|")})/$`);

/** Whether there is nothing else among them, so nothing that somebody wrote. */
export const areDependencies = ({ paths, more }: HiddenFiles): boolean =>
  more === 0 && paths.every((path) => IS_DEPENDENCIES.test(path));

/** Undefined when there are none. What cannot be listed counts as one that has no name. */
export async function hiddenFiles({
  signal,
  ...at
}: TipRepository & { signal?: AbortSignal }): Promise<HiddenFiles | undefined> {
  const done = await runProgram({ ...withTipRepository(at, SCRIPT), timeoutMs: LIST_MS, signal });
  if (done.exitCode !== 0) return { paths: [], more: 1 };
  const all = done.stdout.split("\0").filter((path) => path !== "");
  // What somebody wrote is told first.
  const sorted = [
    ...all.filter((path) => !IS_DEPENDENCIES.test(path)),
    ...all.filter((path) => IS_DEPENDENCIES.test(path)),
  ];
  const paths = sorted.slice(0, MOST).map((path) => oneLine(path, MAX_PATH));
  return all.length === 0 ? undefined : { paths, more: all.length - paths.length };
}
