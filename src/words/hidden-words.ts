/** What the bot says of work whose check passed only with files that are not published with it. */
import type { HiddenFiles } from "../task/progress.ts";
import type { Quoting } from "../text/quote.ts";

/** How the end of such a task is headed, and how its check is told. */
export const ONLY_WITH_HIDDEN = "passed only with files that .gitignore hides";

/** In a sentence or two: that it is not verified, because of which files, and what to do about them. */
export function onlyWithHidden(hidden: HiddenFiles, { code }: Quoting): string {
  const paths = hidden.paths.map((path) => code(path, 200));
  const files = [...paths, ...(hidden.more > 0 ? [`and ${hidden.more.toLocaleString("en")} more`] : [])].join(", ");
  return `The check ${ONLY_WITH_HIDDEN}, so it may fail for everybody else: ${files}. ${REMEDY}`;
}

const REMEDY =
  "If one of them is part of the work, it has to be added; what a command makes (dependencies, say) belongs under `setup:` in `.github/orch.yml`, which then runs before each check.";
