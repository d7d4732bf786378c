/** Check runs and suites: buttons, re-runs, annotations, and what follows from the runs of several Apps. */
import { expect, test } from "vitest";
import { asApp, asBot, type Heard, person, receiver, sample } from "./support/setting.ts";

const refused = (status: number) => expect.objectContaining({ status });
const eventsIn = (heard: readonly Heard[]) =>
  heard.map(({ headers, body }) => ({
    event: `${headers["x-github-event"]}.${JSON.parse(body).action}`,
    ...JSON.parse(body),
  }));

async function withPush() {
  const setting = await sample();
  const { github, repo } = setting;
  const heard = await receiver(github);
  const sha = await github.commit(repo, "topic", { "a.txt": "a\n" }, "Add");
  return { ...setting, heard, sha, bot: await asBot(github, repo.installationId) };
}

test("every push gives the App a suite that is queued until the App adds a run", async () => {
  const { github, repo, at, heard, sha, bot } = await withPush();
  expect(github.state.checkSuites(repo, sha)).toMatchObject([{ status: "queued", conclusion: undefined }]);
  const run = await bot.checks.create({ ...at, name: "orch", head_sha: sha, status: "in_progress" });
  expect(github.state.checkSuites(repo, sha)).toMatchObject([{ status: "in_progress" }]);
  await bot.checks.update({ ...at, check_run_id: run.data.id, conclusion: "action_required" });
  const suites = (await bot.checks.listSuitesForRef({ ...at, ref: sha })).data.check_suites;
  expect(suites).toMatchObject([{ status: "completed", conclusion: "action_required", head_branch: "topic" }]);
  await github.idle();
  const told = eventsIn(heard).filter((each) => each.event.startsWith("check_"));
  expect(told.map((each) => each.event).sort()).toEqual([
    "check_run.completed",
    "check_run.created",
    "check_suite.completed",
    "check_suite.requested",
  ]);
  expect(told.find((each) => each.event === "check_suite.requested").sender.login).toBe("octo-org");
});

test("no suite is made where the preference says no, or the App may not write checks", async () => {
  const { github, repo, at, bot } = await withPush();
  github.setPermission(repo, "maintainer", "admin");
  const preference = { app_id: github.app.id, setting: false };
  const maintainer = person(github, "maintainer");
  await maintainer.checks.setSuitesPreferences({ ...at, auto_trigger_checks: [preference] });
  const sha = await github.commit(repo, "topic", { "b.txt": "b\n" }, "More");
  expect(github.state.checkSuites(repo, sha)).toEqual([]);
  expect((await bot.checks.createSuite({ ...at, head_sha: sha })).status).toBe(201);
  expect((await bot.checks.createSuite({ ...at, head_sha: sha })).status).toBe(200);
  const reading = await sample({ permissions: { checks: "read", metadata: "read" } });
  const pushed = await reading.github.commit(reading.repo, "topic", { "b.txt": "b\n" }, "More");
  expect(reading.github.state.checkSuites(reading.repo, pushed)).toEqual([]);
});

test("a re-run asks the App, and the suite is queued again until the App touches a run", async () => {
  const { github, repo, at, heard, sha, bot } = await withPush();
  const run = await bot.checks.create({ ...at, name: "orch", head_sha: sha, conclusion: "failure" });
  const maintainer = person(github, "maintainer");
  const suite = github.state.checkSuites(repo, sha)[0];
  await maintainer.checks.rerequestSuite({ ...at, check_suite_id: suite?.id ?? 0 });
  expect(github.state.checkSuites(repo, sha)).toMatchObject([{ status: "queued", conclusion: undefined }]);
  expect(github.state.checkRuns(repo, sha)).toMatchObject([{ status: "completed", conclusion: "failure" }]);
  await bot.checks.update({ ...at, check_run_id: run.data.id, status: "in_progress" });
  expect(github.state.checkSuites(repo, sha)).toMatchObject([{ status: "in_progress" }]);
  await maintainer.checks.rerequestRun({ ...at, check_run_id: run.data.id });
  await github.rerequestCheck(repo, run.data.id, { as: "stranger" });
  await github.rerequestSuite(repo, sha, { as: "stranger" });
  await expect(person(github, "stranger").checks.rerequestRun({ ...at, check_run_id: run.data.id })).rejects.toEqual(
    refused(403),
  );
  await github.idle();
  const asked = eventsIn(heard).filter((each) => each.action === "rerequested");
  expect(asked.map(({ event, sender }) => `${event} by ${sender.login}`).sort()).toEqual([
    "check_run.rerequested by maintainer",
    "check_run.rerequested by stranger",
    "check_suite.rerequested by maintainer",
    "check_suite.rerequested by stranger",
  ]);
});

test("of several runs with one name the newest decides, of several names the worst", async () => {
  const { github, repo, at, sha, bot } = await withPush();
  const report = (name: string, conclusion: "failure" | "success" | "neutral") =>
    bot.checks.create({ ...at, name, head_sha: sha, conclusion });
  const conclusion = () => github.state.checkSuites(repo, sha)[0]?.conclusion;
  await report("orch", "failure");
  expect(conclusion()).toBe("failure");
  await report("orch", "success");
  expect(conclusion()).toBe("success");
  await report("lint", "neutral");
  expect(conclusion()).toBe("success");
});

test("a button that is pressed names itself and the check run, one that is not there cannot be pressed", async () => {
  const { github, repo, at, heard, sha, bot } = await withPush();
  const retry = { label: "Retry", description: "Do the last task again", identifier: "retry" };
  const run = await bot.checks.create({ ...at, name: "orch", head_sha: sha, conclusion: "failure", actions: [retry] });
  await github.pressButton(repo, run.data.id, "retry", { as: "maintainer" });
  await expect(github.pressButton(repo, run.data.id, "cancel", { as: "maintainer" })).rejects.toThrow(
    "no button cancel",
  );
  await bot.checks.update({ ...at, check_run_id: run.data.id, actions: [] });
  await expect(github.pressButton(repo, run.data.id, "retry", { as: "maintainer" })).rejects.toThrow("no button retry");
  await github.idle();
  const pressed = eventsIn(heard).filter((each) => each.event === "check_run.requested_action");
  expect(pressed).toMatchObject([
    { requested_action: { identifier: "retry" }, check_run: { id: run.data.id }, sender: { login: "maintainer" } },
  ]);
});

test("buttons have GitHub's limits", async () => {
  const { github, repo, at } = await sample({ expectViolations: true });
  const bot = await asBot(github, repo.installationId);
  const head_sha = github.state.branches(repo).main ?? "";
  const good = { label: "x".repeat(20), description: "x".repeat(40), identifier: "x".repeat(20) };
  const create = (actions: (typeof good)[]) => bot.checks.create({ ...at, name: "orch", head_sha, actions });
  expect((await create([good, good, good])).status).toBe(201);
  const tooMuch = [
    [good, good, good, good],
    [{ ...good, label: "x".repeat(21) }],
    [{ ...good, description: "x".repeat(41) }],
    [{ ...good, identifier: "x".repeat(21) }],
  ];
  for (const actions of tooMuch) await expect(create(actions)).rejects.toEqual(refused(422));
});

test("annotations are added by each request, at most 50 in one, and listed in pages", async () => {
  const { github, repo, at } = await sample({ expectViolations: true });
  const bot = await asBot(github, repo.installationId);
  const head_sha = github.state.branches(repo).main ?? "";
  const output = (many: number) => ({
    title: "Found",
    summary: "Things",
    annotations: Array.from({ length: many }, (_, at) => ({
      path: "src/sum.js",
      start_line: at + 1,
      end_line: at + 1,
      start_column: 1,
      end_column: 2,
      annotation_level: "failure" as const,
      message: `Line ${at + 1}`,
    })),
  });
  const run = await bot.checks.create({ ...at, name: "orch", head_sha, output: output(50) });
  await bot.checks.update({ ...at, check_run_id: run.data.id, output: output(1) });
  await expect(bot.checks.update({ ...at, check_run_id: run.data.id, output: output(51) })).rejects.toEqual(
    refused(422),
  );
  const listed = await bot.paginate(bot.checks.listAnnotations, { ...at, check_run_id: run.data.id });
  expect(listed).toHaveLength(51);
  expect(listed[0]).toMatchObject({ path: "src/sum.js", start_line: 1, start_column: 1, message: "Line 1" });
  expect((await bot.checks.get({ ...at, check_run_id: run.data.id })).data.output.annotations_count).toBe(51);
});

test("checks of another App are seen beside our own, and are not ours to change or to re-run", async () => {
  const { github, repo, at, heard, sha, bot } = await withPush();
  await bot.checks.create({ ...at, name: "test", head_sha: sha, conclusion: "success" });
  const begun = await github.reportCheck(repo, { sha, name: "test" });
  const ended = await github.reportCheck(repo, {
    sha,
    name: "test",
    conclusion: "failure",
    title: "2 fail",
    summary: "sum",
  });
  expect(ended.id).toBe(begun.id);
  const runs = (await bot.checks.listForRef({ ...at, ref: sha })).data.check_runs;
  expect(runs.map((each) => `${each.app?.slug} ${each.name} ${each.conclusion} ${each.output.title}`).sort()).toEqual([
    "ci test failure 2 fail",
    "orch test success null",
  ]);
  expect((await bot.checks.listForRef({ ...at, ref: sha, app_id: github.app.id })).data.total_count).toBe(1);
  const suites = (await bot.checks.listSuitesForRef({ ...at, ref: sha })).data.check_suites;
  expect(suites.map((each) => [each.app?.slug, each.conclusion])).toEqual([
    ["orch", "success"],
    ["ci", "failure"],
  ]);
  const change = bot.checks.update({ ...at, check_run_id: begun.id, conclusion: "success" });
  await expect(change).rejects.toEqual(refused(403));
  await github.rerequestCheck(repo, begun.id, { as: "maintainer" });
  await github.idle();
  expect(eventsIn(heard).filter((each) => each.action === "rerequested")).toEqual([]);
  expect((await asApp(github).apps.getAuthenticated()).data?.slug).toBe("orch");
});
