/** What is said of schedules: in the issue that Orch opens for one, and where one asks for nothing although it is due. */
import type { SkipReason } from "../task/schedules.ts";
import { blockQuote, code, inMarkdown, type Quoting } from "../text/quote.ts";

export const issueTitle = (schedule: string): string => `Schedule: ${schedule}`;

export const issueBody = (schedule: string): string =>
  `This issue belongs to the schedule ${code(schedule, 60)} in \`.github/orch.yml\`. What it asks for, and what comes of it, is told here.\n\nWhile this issue is closed the schedule rests. Reopen it, and it goes on.`;

export const UNUSABLE_FILE = "The settings of Orch cannot be used";

/** `problem`: with the file, and each line and key. */
export const unusableFile = (problem: string): string =>
  `${blockQuote(problem, 4_000)}\n\nUntil that is mended, tasks in this repository are refused and its schedules do not come.`;

/** Said once of each task that a schedule waits for. */
export const skippedFor = (schedule: string, reason: Extract<SkipReason, { kind: "task_open" }>): string =>
  `The schedule ${code(schedule, 60)} was due, but ${skipWords(reason, inMarkdown)}, so it was skipped. It is skipped without another word until that task is over.`;

/** Why it asked for nothing, as it stands behind "because". */
export function skipWords(reason: SkipReason, { code, plain }: Quoting): string {
  switch (reason.kind) {
    case "task_open":
      return `its last task, ${code(reason.task, 20)}, is not over`;
    case "issue_closed":
      return `its issue #${reason.number} is closed`;
    case "issue_missing":
      return `its issue #${reason.number} does not exist`;
    case "missed":
      return "no bot was running then";
    case "repository_archived":
      return "the repository is archived";
    case "refused":
      return `GitHub refused: ${plain(reason.message, 200)}`;
  }
}
