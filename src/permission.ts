/**
 * May this person give commands here? Asked of GitHub each time, by user id: logins can be given up and taken by
 * somebody else, and `author_association` says nothing about permission. Whatever GitHub cannot answer is thrown, so
 * that the caller asks again later; it is never a yes.
 */
import { classify, type Octokit } from "./github.ts";
import type { Actor, Repository } from "./task/task-spec.ts";

type RepositoryPath = { owner: string; repo: string };

/** Custom roles have names of their own; `permission` is then the role that they are based on. */
const WRITING = new Set(["write", "maintain", "admin"]);

export async function mayWrite(octokit: Octokit, repository: Repository, actor: Actor): Promise<boolean> {
  const person = await find(octokit, { owner: repository.owner, repo: repository.name }, actor);
  return person !== undefined && writes(person);
}

export type Standing = { reads: boolean; writes: boolean };

/**
 * What they may see and do. Of a public repository GitHub says that everybody reads it, whoever they are: there only a role that somebody gave
 * them counts.
 */
export async function standingIn(octokit: Octokit, repository: Repository, actor: Actor): Promise<Standing> {
  const path = { owner: repository.owner, repo: repository.name };
  const [{ data }, person] = await Promise.all([octokit.rest.repos.get(path), find(octokit, path, actor)]);
  // Another repository may have the name by now.
  if (data.id !== repository.id || !person) return { reads: false, writes: false };
  const isNamed = !["none", "read", ""].includes(person.role);
  const reads = writes(person) || (person.permission !== "none" && (data.private || isNamed));
  return { reads, writes: writes(person) };
}

const writes = ({ permission, role }: Bearer): boolean => WRITING.has(permission) || WRITING.has(role);

type Bearer = { id: number | undefined; permission: string; role: string };

async function find(octokit: Octokit, path: RepositoryPath, actor: Actor): Promise<Bearer | undefined> {
  const told = await bearerOf(octokit, path, actor.login);
  if (told?.id === actor.id) return told;
  // A person who is called something else by now is still the same person.
  const login = await loginOf(octokit, actor.id);
  if (login === undefined || login === actor.login) return undefined;
  const renamed = await bearerOf(octokit, path, login);
  return renamed?.id === actor.id ? renamed : undefined;
}

/** Who has this login now; undefined when nobody has. GitHub takes no id here. */
async function bearerOf(octokit: Octokit, path: RepositoryPath, username: string): Promise<Bearer | undefined> {
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...path, username });
    return { id: data.user?.id, permission: data.permission, role: data.role_name };
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
