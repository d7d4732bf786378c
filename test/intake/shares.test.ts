import { afterAll, beforeAll, expect, test } from "vitest";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";
import { idOfComment } from "../support/task-spec.ts";

let orch: BotSetting;

beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

test("a repository where GitHub is slow with many issues does not hold up the commands of another", async () => {
  const other = await orch.github.createRepository({
    owner: "other-org",
    name: "other",
    files: { "README.md": "# Other\n" },
    collaborators: { [MAINTAINER]: "write" },
  });
  const { number } = await orch.github.openIssue(other, { as: MAINTAINER, title: "Crash" });
  const issues: number[] = [];
  while (issues.length < 40) issues.push(await orch.openIssue());
  const slow = orch.github.faults.api({
    match: { path: /\/octo-org\/calculator\/collaborators\// },
    times: issues.length,
    action: { slowMs: 3_000 },
  });
  const crowd: string[] = [];
  for (const issue of issues) crowd.push(orch.taskId((await orch.comment(issue, "/orch fix it")).id));
  const { id } = await orch.github.comment(other, number, "/orch fix the crash", { as: MAINTAINER });
  await slow.firing;
  await orch.quiet();
  expect(slow.fired).toBe(issues.length);
  const tasks = await orch.store.readMany(crowd);
  expect(tasks).toHaveLength(issues.length);
  const acceptedAt = (await orch.store.read(idOfComment(other.id, id)))?.spec.acceptedAt;
  expect(acceptedAt).toBeLessThan(Math.min(...tasks.map(({ spec }) => spec.acceptedAt)));
});
