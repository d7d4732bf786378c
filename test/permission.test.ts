import { afterAll, beforeAll, expect, test } from "vitest";
import type { Octokit } from "../src/github.ts";
import { mayWrite } from "../src/permission.ts";
import type { Actor, Repository } from "../src/task/task-spec.ts";
import { type Reporting, startReporting } from "./report/reporting.ts";

let world: Reporting;
let repository: Repository;
let octokit: Octokit;
let maintainer: Actor;
let stranger: Actor;

beforeAll(async () => {
  world = await startReporting();
  const repo = await world.repository();
  repository = repo;
  octokit = await world.reporter().deps.github.forInstallation(repo.installationId);
  const { number } = await world.simulator.openIssue(repo, { as: "stranger", title: "Sum is wrong" });
  await world.simulator.comment(repo, number, "Yes", { as: "maintainer" });
  const idOf = async (username: string) => (await octokit.rest.users.getByUsername({ username })).data.id;
  maintainer = { login: "maintainer", id: await idOf("maintainer") };
  stranger = { login: "stranger", id: await idOf("stranger") };
});
afterAll(async () => {
  expect(world.simulator.violations()).toEqual([]);
  await world.stop();
});

const may = (actor: Actor) => mayWrite(octokit, repository, actor);

test("whoever may write may give commands, others may not", async () => {
  expect(await Promise.all([may(maintainer), may(stranger)])).toEqual([true, false]);
});

test("a person who was renamed since is still the same person", async () => {
  expect(await may({ ...maintainer, login: "called-so-before" })).toBe(true);
  expect(await may({ ...stranger, login: "called-so-before" })).toBe(false);
});

test("also when somebody else has taken the old login", async () => {
  expect(await may({ ...maintainer, login: "stranger" })).toBe(true);
  expect(await may({ ...stranger, login: "maintainer" })).toBe(false);
});

test("a person who is not on GitHub any more may not", async () => {
  expect(await may({ login: "gone", id: 987_654_321 })).toBe(false);
});

test("a repository that is not there is no answer", async () => {
  const elsewhere = { ...repository, name: "elsewhere" };
  await expect(mayWrite(octokit, elsewhere, maintainer)).rejects.toThrow("Not Found");
});
