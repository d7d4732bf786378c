/** What all deeds of people share: who it is, on what, and that whoever waits for something looks again. */
import type { By } from "./actions/by.ts";
import { isPull } from "./actions/issues.ts";
import type { As, RepositoryRef } from "./api-people.ts";
import type { PullIssue } from "./serialise/pull.ts";
import type { Issue, Repository } from "./store/model.ts";
import { ensureAccount, fullName } from "./store/store.ts";
import type { World } from "./world.ts";

export type Find = (ref: RepositoryRef) => Repository;

export function byLogin(world: World, login: string): By {
  const account = ensureAccount(world.store, login, "User");
  return { account, viaApp: account.type === "Bot" };
}

export const who = (world: World, options: As): By => byLogin(world, options.as);

/** Everything ends with a change, also what fails. */
export async function changing<T>(world: World, deed: () => T | Promise<T>): Promise<T> {
  try {
    return await deed();
  } finally {
    world.bus.emit("change");
  }
}

export function issueIn(repo: Repository, number: number): Issue {
  const issue = repo.issues.get(number);
  if (!issue) throw new Error(`${fullName(repo)} has no issue or pull request ${number}`);
  return issue;
}

export function pullIn(repo: Repository, number: number): PullIssue {
  const issue = issueIn(repo, number);
  if (!isPull(issue)) throw new Error(`${fullName(repo)}#${number} is no pull request`);
  return issue;
}
