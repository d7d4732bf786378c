/**
 * May this person give commands here? Asked of GitHub each time, by user id: logins can be given up and taken by
 * somebody else, and `author_association` says nothing about permission. Whatever GitHub cannot answer is thrown, so
 * that the caller asks again later; it is never a yes.
 */
import { classify, type Octokit } from "./github.ts";
import type { Actor, Repository } from "./task/task.ts";

type RepositoryPath = { owner: string; repo: string };

/** Custom roles have names of their own; `permission` is then the role that they are based on. */
const WRITING = new Set(["write", "maintain", "admin"]);

export async function mayWrite(octokit: Octokit, repository: Repository, actor: Actor): Promise<boolean> {
  const path = { owner: repository.owner, repo: repository.name };
  const told = await bearerOf(octokit, path, actor.login);
  if (told?.id === actor.id) return told.writes;
  // A person who is called something else by now is still the same person.
  const login = await loginOf(octokit, actor.id);
  if (login === undefined || login === actor.login) return false;
  const renamed = await bearerOf(octokit, path, login);
  return renamed?.id === actor.id && renamed.writes;
}

/** Who has this login now; undefined when nobody has. GitHub takes no id here. */
async function bearerOf(octokit: Octokit, path: RepositoryPath, username: string) {
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...path, username });
    return { id: data.user?.id, writes: WRITING.has(data.permission) || WRITING.has(data.role_name) };
  } catch (error) {
    if (classify(error) !== "gone") throw error;
  }
  // Which of the two is not there? Throws again when it is the repository; else the login has no bearer.
  await octokit.rest.repos.get(path);
  return undefined;
}

async function loginOf(octokit: Octokit, id: number): Promise<string | undefined> {
  try {
    return (await octokit.rest.users.getById({ account_id: id })).data.login;
  } catch (error) {
    if (classify(error) !== "gone") throw error;
    return undefined;
  }
}
