/** A bot hears of what repositories' files say: at start, by pushes, and when repositories come and go. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KnownRepository, makeScheduleStore, type ScheduleStore, scheduleKey } from "../../src/task/schedules.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";
import { deliver } from "../support/deliver.ts";
import { FILE, nightly } from "./setting.ts";

let orch: BotSetting;
let schedules: ScheduleStore;
beforeAll(async () => {
  orch = await startBotSetting();
  schedules = makeScheduleStore(orch.redis);
});
afterAll(() => orch.close());

type Place = Pick<KnownRepository, "id">;
const names = async ({ id }: Place) => (await schedules.file(id))?.schedules.map(({ name }) => name);
const become = (repository: Place, wanted: string[] | undefined) =>
  expect.poll(() => names(repository), { timeout: 10_000, interval: 20 }).toEqual(wanted);
const write = (repository: BotSetting["repository"], files: Record<string, string>, branch = "main") =>
  orch.github.commit(repository, branch, files, "Change", MAINTAINER);

test("a push to the default branch that changes the file has it read again, and each schedule planned", async () => {
  const { repository } = orch;
  await become(repository, []);
  await write(repository, { [FILE]: nightly() });
  await become(repository, ["nightly"]);
  const state = () => schedules.state(scheduleKey(repository.id, "nightly"));
  await expect.poll(async () => (await state())?.nextAt).toBeGreaterThan(Date.now());
  const reads = () => orch.github.requests().filter(({ path }) => path.includes("/contents/")).length;
  const before = reads();
  await write(repository, { [FILE]: nightly({ cron: "0 4 * * *" }) }, "topic");
  await write(repository, { "README.md": "# Changed\n" });
  await orch.github.idle();
  expect(reads()).toBe(before);
  await write(repository, { [FILE]: "agent: claude\n" });
  await become(repository, []);
  await expect.poll(state).toBeUndefined();
});

test("a file that cannot be used is told of with line and key, and its schedules rest until it is mended", async () => {
  const { repository } = orch;
  await write(repository, { [FILE]: "schedules:\n  nightly:\n    cron: 0 3 * * *\n    rum: fix it\n" });
  const problem = async () => (await schedules.file(repository.id))?.problem;
  await expect.poll(problem).toMatch(/line 4, `schedules\.nightly`: unknown key rum/);
  const head = orch.github.state.branches(repository).main;
  expect(orch.github.state.checkRuns(repository, head)).toMatchObject([
    {
      name: "orch: .github/orch.yml",
      conclusion: "failure",
      title: "The settings of Orch cannot be used",
      summary: expect.stringMatching(/line 4, .*unknown key rum(.|\n)*tasks in this repository are refused/),
    },
  ]);
  await write(repository, { [FILE]: nightly() });
  await become(repository, ["nightly"]);
  expect(await problem()).toBeUndefined();
  expect(orch.github.state.checkRuns(repository, orch.github.state.branches(repository).main)).toEqual([]);
});

test("a repository that comes brings its schedules, and takes them along when it leaves", async () => {
  const collaborators = { [MAINTAINER]: "write" as const };
  const files = { [FILE]: nightly() };
  const other = await orch.github.createRepository({ owner: "octo-org", name: "other", files, collaborators });
  await become(other, ["nightly"]);
  orch.github.uninstall(other);
  await become(other, undefined);
  await become(orch.repository, ["nightly"]);
});

test("a file is read again when another branch becomes the default, or the repository has another name", async () => {
  const { id, name, owner, installationId } = orch.repository;
  const reads = () => orch.github.requests().filter(({ path }) => path.includes("/contents/")).length;
  for (const action of ["edited", "renamed", "transferred"]) {
    const before = reads();
    const repository = { id, name, owner: { login: owner }, default_branch: "main" };
    const payload = { action, installation: { id: installationId }, repository };
    const answer = await deliver(`${orch.url()}/api/github/webhooks`, "repository", payload, {
      secret: orch.github.app.webhookSecret,
    });
    expect(answer.status).toBe(200);
    await expect.poll(reads, { timeout: 10_000, interval: 20 }).toBeGreaterThan(before);
  }
});

test("a bot that starts reads what was changed while none was running", async () => {
  await orch.stopBot();
  orch.github.setWebhookUrl(undefined);
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // GitHub's times have whole seconds
  await write(orch.repository, { [FILE]: nightly().replace("nightly", "weekly") });
  await orch.startBot();
  await become(orch.repository, ["weekly"]);
});
