/**
 * Which agent a repository wishes for, by its `.github/orch.yml` on the default branch. The file's rules are the worker
 * host's to apply; here it only says where the task goes. One that cannot be used is refused there, with its reason.
 */
import { classify, type Octokit } from "../github.ts";
import type { Logger } from "../log.ts";
import { Refusal } from "../refusal.ts";
import { parseRepositoryFile, REPOSITORY_FILE_MAX_BYTES, REPOSITORY_FILES } from "../settings/repository-file.ts";
import type { Repository } from "../task/task.ts";

/** Undefined when it wishes nothing. Throws what GitHub answers where asking again may help. */
export async function readWish(octokit: Octokit, repository: Repository, log: Logger): Promise<string | undefined> {
  const place = { owner: repository.owner, repo: repository.name };
  const found = (await namesIn(octokit, place)).filter((path) => REPOSITORY_FILES.some((known) => known === path));
  const [path] = found;
  // With both of them the host says so.
  if (path === undefined || found.length > 1) return undefined;
  try {
    return parseRepositoryFile([{ path, text: await readText(octokit, { ...place, path }) }]).agent;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log.info({ err: error, repo: repository.id }, "a repository's file is not usable: the host refuses it");
    return undefined;
  }
}

/** Most repositories have no such file: of those this asks once. */
async function namesIn(octokit: Octokit, place: { owner: string; repo: string }): Promise<string[]> {
  const data = await contentOf(octokit, { ...place, path: ".github" });
  return Array.isArray(data) ? data.map(({ path }) => path) : [];
}

/** Undefined where there is nothing of that name, or no files at all. */
async function contentOf(octokit: Octokit, file: { owner: string; repo: string; path: string }) {
  try {
    return (await octokit.rest.repos.getContent(file)).data;
  } catch (error) {
    if (classify(error) === "gone") return undefined;
    throw error;
  }
}

/** Empty where it is no file, or none any more: somebody may have removed it just now. */
async function readText(octokit: Octokit, file: { owner: string; repo: string; path: string }): Promise<string> {
  const data = await contentOf(octokit, file);
  if (data === undefined || Array.isArray(data) || data.type !== "file") return "";
  if (data.size > REPOSITORY_FILE_MAX_BYTES) throw new Refusal(`\`${file.path}\` is too large.`);
  return Buffer.from(data.content, "base64").toString("utf8");
}
