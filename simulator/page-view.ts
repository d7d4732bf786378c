/** The store as the pages want to see it. */
import { isPull } from "./actions/issues.ts";
import { gitOrUndefined } from "./git/git.ts";
import { pageDeeds } from "./page-deeds.ts";
import { checkDetail, fileText, issueDetail, line, pullDetail, repositoryDetail } from "./page-shapes.ts";
import type { PageView } from "./pages/view.ts";
import { suiteOfRun } from "./serialise/suite-state.ts";
import type { Repository } from "./store/model.ts";
import { repositoryByName } from "./store/store.ts";
import type { World } from "./world.ts";

function people(world: World, repo: Repository): { login: string; role: string }[] {
  const members = [...repo.roles].flatMap(([id, role]) => {
    const account = world.store.accounts.get(id);
    return account ? [{ login: account.login, role: role as string }] : [];
  });
  if (repo.owner.type === "User") members.unshift({ login: repo.owner.login, role: "admin" });
  const known = new Set([world.app.owner.login, ...members.map((each) => each.login)]);
  const others = [...world.store.accounts.values()].filter((each) => each.type === "User" && !known.has(each.login));
  return [...members, ...(repo.private ? [] : others.map(({ login }) => ({ login, role: "read" })))];
}

export function makePageView(world: World): PageView {
  const find = (owner: string, name: string) => repositoryByName(world.store, owner, name);
  return {
    repositories: async () => [...world.store.repositories.values()].map(line),
    repository: async (owner, name) => {
      const repo = find(owner, name);
      return repo && repositoryDetail(repo);
    },
    file: async (owner, name, ref, path) => {
      const repo = find(owner, name);
      return repo && fileText(repo, ref, path);
    },
    commit: async (owner, name, sha) => {
      const repo = find(owner, name);
      return repo && /^[0-9a-f]+$/.test(sha) ? gitOrUndefined(repo.dir, ["show", "--no-color", sha, "--"]) : undefined;
    },
    issue: async (owner, name, number) => {
      const repo = find(owner, name);
      const issue = repo?.issues.get(number);
      return repo && issue && issueDetail(repo, issue);
    },
    pull: async (owner, name, number) => {
      const repo = find(owner, name);
      const issue = repo?.issues.get(number);
      return repo && issue && isPull(issue) ? pullDetail(repo, issue) : undefined;
    },
    checkRun: async (owner, name, id) => {
      const repo = find(owner, name);
      const run = repo?.checkRuns.find((each) => each.id === id);
      return repo && run && checkDetail(run, world.app.slug, suiteOfRun(repo, run)?.otherApp);
    },
    people: async (owner, name) => {
      const repo = find(owner, name);
      return repo ? people(world, repo) : [];
    },
    ...pageDeeds(world, find),
  };
}
