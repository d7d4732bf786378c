/**
 * May this person give commands here? Asked of GitHub each time, by user id: logins can be given up and taken by
 * somebody else, and `author_association` says nothing about permission. Whatever GitHub cannot answer is thrown, so
 * that the caller asks again later; it is never a yes.
 */
import { classify, type Octokit } from "./github.ts";
import type { Actor, Repository } from "./task/task.ts";

/** Custom roles have names of their own; `permission` is then the role that they are based on. */
const WRITING = new Set(["write", "maintain", "admin"]);

export async function mayWrite(octokit: Octokit, repository: Repository, actor: Actor): Promise<boolean> {
  const place = { owner: repository.owner, repo: repository.name };
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...place, username: actor.login });
    return data.user?.id === actor.id && (WRITING.has(data.permission) || WRITING.has(data.role_name));
  } catch (error) {
    if (classify(error) !== "gone") throw error;
  }
  // Which of the two is not there? Throws again when it is the repository; else the login has no bearer.
  await octokit.rest.repos.get(place);
  return false;
}
