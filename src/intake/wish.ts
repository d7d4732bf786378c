/**
 * Which agent a repository wishes for, by its `.github/orch.yml` on the default branch. The file's rules are the worker
 * host's to apply; here it only says where the task goes. One that cannot be used is refused there, with its reason.
 */
import type { Octokit } from "../github.ts";
import type { Logger } from "../log.ts";
import { readRepositoryFile } from "../read-repository-file.ts";
import { Refusal } from "../refusal.ts";
import type { Repository } from "../task/task.ts";

/** Undefined when it wishes nothing. Throws what GitHub answers where asking again may help. */
export async function readWish(octokit: Octokit, repository: Repository, log: Logger): Promise<string | undefined> {
  try {
    return (await readRepositoryFile(octokit, repository)).agent;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log.info({ err: error, repo: repository.id }, "a repository's file is not usable: the host refuses it");
    return undefined;
  }
}
