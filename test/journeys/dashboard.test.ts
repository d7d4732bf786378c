/** From a comment to what somebody does at the dashboard, by plain HTTP as a browser sends it, and what GitHub then shows. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeDeeds } from "../../src/task/deeds.ts";
import { openQuestions } from "../../src/task/question.ts";
import type { Task } from "../../src/task/task.ts";
import { signIn, type visitorOf } from "../support/dashboard.ts";
import { type Orch, startOrch } from "../support/orch.ts";

describe("at the dashboard", () => {
  let orch: Orch;
  let operator: ReturnType<typeof visitorOf>;
  beforeAll(async () => {
    orch = await startOrch({ agent: "asks", slots: 2, dashboard: true });
    operator = await signIn({ url: orch.dashboardUrl, redisUrl: orch.redisServer.url, by: "root" });
  });
  afterAll(() => orch.close());

  const said = async (path: string, fields: Record<string, string> = {}): Promise<string> => {
    const { status, headers } = await operator.post(path, fields);
    expect(status).toBe(303);
    const page = await operator.get(headers.get("location") ?? "");
    expect(page.status).toBe(200);
    return await page.text();
  };
  const retried = async (earlier: string, number: number, repositoryId: number): Promise<Task> => {
    const ids = await orch.store.idsOfIssue(repositoryId, number);
    const id = ids.find((each) => each !== earlier) ?? "";
    return await orch.task(id, () => true);
  };

  test("a task that was asked for in a comment is cancelled, done once more, and its agent answered, and GitHub shows who did it", async () => {
    const place = await orch.place({ agent: "asks" });
    const { taskId } = await orch.command("/orch write the file that is meant", place);
    await orch.task(taskId, ({ state }) => state.name === "waiting");
    expect(await (await operator.get(`/tasks/${taskId}`)).text()).toContain("write the file that is meant");

    expect(await said(`/tasks/${taskId}/cancel`)).toContain("being cancelled");
    await orch.progressComment(/The operator of this App \(`root`\) cancelled the task\./, { ...place, task: taskId });

    await said(`/tasks/${taskId}/retry`, { agent: "asks" });
    const { spec } = await retried(taskId, place.number, place.repository.id);
    await orch.progressComment(/The operator `root` asked at the dashboard:/, { ...place, task: spec.id });
    const asking = await orch.task(spec.id, (task) => openQuestions(task).length === 1);
    const question = openQuestions(asking)[0]?.id ?? "";
    await said(`/tasks/${spec.id}/answer`, { question, text: "2" });
    expect(await orch.told(spec.id)).toMatchObject({ kind: "pull_request" });
    await orch.simulator.waitFor(
      () =>
        orch
          .botComments(place)
          .find(({ body }) =>
            body.includes(
              `The operator of this App (\`root\`) answered the question of the agent of task \`${spec.id}\` at the dashboard.`,
            ),
          ),
      60_000,
    );
    expect(orch.asked(place).pulls).toBe(1);

    const deeds = makeDeeds(orch.redis);
    const did = ({ verb, via, by }: { verb: string; via: string; by: { name: string } }) => `${by.name} ${verb} ${via}`;
    expect((await deeds.ofTask(taskId)).map(did)).toEqual([
      "maintainer task comment",
      "root cancel dashboard",
      "root retry dashboard",
    ]);
    expect((await deeds.ofTask(spec.id)).map(did)).toEqual(["root retry dashboard", "root answer dashboard"]);
  });
});
