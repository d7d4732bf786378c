/** Labels, openings and edits as the App hears of them. */
import { expect, test } from "vitest";
import { asBot, person, receiver, sample } from "./support/setting.ts";

/** `event.action label by sender`, in the order in which they were heard. */
async function labelEvents(github: { idle(): Promise<void> }, heard: readonly { headers: object; body: string }[]) {
  await github.idle();
  return heard
    .map((each) => ({ event: (each.headers as Record<string, string>)["x-github-event"], ...JSON.parse(each.body) }))
    .filter(({ action }) => action === "labeled" || action === "unlabeled")
    .map(({ event, action, label, sender }) => `${event}.${action} ${label.name} by ${sender.login}`)
    .sort();
}

test("a label set and removed by a person is heard with its name and who did it", async () => {
  const { github, repo, at } = await sample();
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail", body: "Look at sum." });
  const heard = await receiver(github);
  await person(github, "maintainer").issues.addLabels({ ...at, issue_number: number, labels: ["orch"] });
  const bot = await asBot(github, repo.installationId);
  await bot.issues.removeLabel({ ...at, issue_number: number, name: "orch" });
  expect(await labelEvents(github, heard)).toEqual([
    "issues.labeled orch by maintainer",
    "issues.unlabeled orch by orch[bot]",
  ]);
  const labeled = heard.map((each) => JSON.parse(each.body)).find((each) => each.action === "labeled");
  expect(labeled.issue).toMatchObject({ title: "Tests fail", body: "Look at sum.", labels: [{ name: "orch" }] });
});

test("on a pull request the same are events of the pull request", async () => {
  const { github, repo } = await sample();
  await github.commit(repo, "topic", { "a.txt": "a\n" }, "Add");
  const { number } = await github.openPull(repo, { as: "maintainer", title: "Add", head: "topic", base: "main" });
  const heard = await receiver(github);
  await github.addLabel(repo, number, "orch", { as: "maintainer" });
  await github.removeLabel(repo, number, "orch", { as: "maintainer" });
  expect(await labelEvents(github, heard)).toEqual([
    "pull_request.labeled orch by maintainer",
    "pull_request.unlabeled orch by maintainer",
  ]);
});

test("a label is the same in whatever case it is written, and setting it twice is heard once", async () => {
  const { github, repo, at } = await sample();
  const maintainer = person(github, "maintainer");
  await maintainer.issues.createLabel({ ...at, name: "Orch:Retry" });
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const heard = await receiver(github);
  const on = { ...at, issue_number: number };
  await maintainer.issues.addLabels({ ...on, labels: ["orch:retry"] });
  await maintainer.issues.addLabels({ ...on, labels: ["ORCH:RETRY"] });
  expect(github.state.labels(repo, number)).toEqual(["Orch:Retry"]);
  await maintainer.issues.removeLabel({ ...on, name: "orch:RETRY" });
  await github.addLabel(repo, number, "ORCH:retry", { as: "maintainer" });
  await github.removeLabel(repo, number, "orch:retry", { as: "maintainer" });
  const [set, removed] = ["issues.labeled Orch:Retry by maintainer", "issues.unlabeled Orch:Retry by maintainer"];
  expect(await labelEvents(github, heard)).toEqual([set, set, removed, removed]);
});

test("openings carry title and body, edits say what was there before", async () => {
  const { github, repo, at } = await sample();
  await github.commit(repo, "topic", { "a.txt": "a\n" }, "Add");
  await github.commit(repo, "next", { "b.txt": "b\n" }, "Next");
  const heard = await receiver(github);
  const issue = await github.openIssue(repo, { as: "maintainer", title: "Tests fail", body: "/orch fix them" });
  await github.editIssue(repo, issue.number, { body: "/orch fix it" }, { as: "stranger" });
  const wanted = { as: "maintainer", title: "Add", head: "topic", base: "main", body: "Adds a." };
  const pull = await github.openPull(repo, wanted);
  await github.editIssue(repo, pull.number, { title: "Add a" }, { as: "maintainer" });
  await person(github, "maintainer").pulls.update({ ...at, pull_number: pull.number, base: "next" });
  await github.idle();
  const told = heard
    .map((each) => JSON.parse(each.body))
    .filter((each) => ["opened", "edited"].includes(each.action))
    .map(({ action, changes, sender, issue, pull_request }) => {
      const { title, body } = issue ?? pull_request;
      return { action, title, body, by: sender.login, changes };
    });
  const tip = github.state.branches(repo).main;
  expect(told).toEqual(
    expect.arrayContaining([
      { action: "opened", title: "Tests fail", body: "/orch fix them", by: "maintainer" },
      {
        action: "edited",
        title: "Tests fail",
        body: "/orch fix it",
        by: "stranger",
        changes: { body: { from: "/orch fix them" } },
      },
      { action: "opened", title: "Add", body: "Adds a.", by: "maintainer" },
      { action: "edited", title: "Add a", body: "Adds a.", by: "maintainer", changes: { title: { from: "Add" } } },
      {
        action: "edited",
        title: "Add a",
        body: "Adds a.",
        by: "maintainer",
        changes: { base: { ref: { from: "main" }, sha: { from: tip } } },
      },
    ]),
  );
  expect(told).toHaveLength(5);
});
