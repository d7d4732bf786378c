/**
 * A file that cannot be used, told to those who can mend it: as a failed check of the commit that they pushed. Told again
 * after a crash, GitHub shows the later one.
 */
import { classify, isFinal, type Octokit } from "../github.ts";
import type { Logger } from "../log.ts";
import { publishText } from "../report/publish-text.ts";
import type { KnownRepository } from "../task/schedules.ts";
import { UNUSABLE_FILE, unusableFile } from "../words/schedule-words.ts";

const NAME = "orch: .github/orch.yml";

/** Throws what may pass. */
export async function tellProblem(
  octokit: Octokit,
  { id, owner, name: repo, head }: KnownRepository,
  problem: string,
  log: Logger,
): Promise<void> {
  if (head === undefined) return;
  const output = { title: UNUSABLE_FILE, summary: publishText(unusableFile(problem)) };
  const check = { name: NAME, head_sha: head, status: "completed", conclusion: "failure", output } as const;
  try {
    await octokit.rest.checks.create({ owner, repo, ...check });
  } catch (error) {
    const failure = classify(error);
    if (!isFinal(failure) && failure !== "forbidden" && failure !== "invalid") throw error;
    log.warn({ err: error, failure, repo: id }, "GitHub does not let us say that a file cannot be used");
  }
}
