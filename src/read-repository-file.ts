/** A repository's `.github/orch.yml` as GitHub shows it, on the default branch. */
import { classify, type Octokit } from "./github.ts";
import { Refusal } from "./refusal.ts";
import {
  type FoundFile,
  parseRepositoryFile,
  REPOSITORY_FILE_MAX_BYTES,
  REPOSITORY_FILES,
  type RepositoryFile,
} from "./settings/repository-file.ts";
import type { Repository } from "./task/task-spec.ts";

/** Throws Refusal where it cannot be used, and what GitHub answers where asking again may help. */
export async function readRepositoryFile(
  octokit: Octokit,
  repository: Pick<Repository, "owner" | "name">,
): Promise<RepositoryFile> {
  const place = { owner: repository.owner, repo: repository.name };
  const paths = (await namesIn(octokit, place)).filter((path) => REPOSITORY_FILES.some((known) => known === path));
  const [path] = paths;
  if (path === undefined || paths.length > 1) return parseRepositoryFile(paths.map(unread));
  return parseRepositoryFile([{ path, text: await readText(octokit, { ...place, path }) }]);
}

/** Of two, none is read: they are refused by their names. */
const unread = (path: string): FoundFile => ({ path, text: "" });

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
