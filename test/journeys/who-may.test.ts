/** Who is heard, and what is a command at all. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";

describe("who may command, and with which words", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch();
    orch.simulator.createUser("stranger");
  });
  afterAll(() => orch.close());

  const tasksOf = (repositoryId: number, number: number) => orch.store.idsOfIssue(repositoryId, number);

  test("a stranger is refused with one friendly reply, however often the delivery is repeated", async () => {
    const place = await orch.place();
    const { commentId } = await orch.command("/orch fix the failing tests", { ...place, as: "stranger" });
    await orch.simulator.waitFor(() => orch.botComments(place).length > 0);
    const delivery = orch.simulator
      .deliveries()
      .find(
        (each) => each.event === "issue_comment" && JSON.stringify(each.request.payload).includes(`"id":${commentId},`),
      );
    if (!delivery) throw new Error("the stranger's command was not delivered");
    for (let time = 0; time < 3; time++) {
      const { redelivery, statusCode } = await orch.simulator.redeliver(delivery.id);
      expect([redelivery, statusCode]).toEqual([true, 200]);
    }
    await orch.simulator.waitFor(() =>
      orch.simulator.state.reactions(place.repository, commentId).some((each) => each.content === "confused"),
    );
    // A later command that is answered proves that the redeliveries have been looked at as well.
    await orch.command("/orch help", place);
    await orch.simulator.waitFor(() => orch.botComments(place).length > 1);
    const refusals = orch
      .botComments(place)
      .filter((each) => each.body.includes("@stranger") || each.body.includes("stranger"));
    expect(refusals).toHaveLength(1);
    expect(refusals[0]?.body).toMatch(/write/i);
    // Nor was a second one written and taken back.
    expect(orch.asked(place).comments).toBe(2);
    expect(await tasksOf(place.repository.id, place.number)).toEqual([]);
  });

  test("a command in a code block, a quote or an HTML comment is talk, not a command", async () => {
    const place = await orch.place();
    const texts = [
      "```\n/orch fix it\n```",
      "> /orch fix it",
      "<!--\n/orch fix it\n-->",
      "Try `/orch fix it` some day",
      "    /orch fix it",
    ];
    for (const text of texts) await orch.command(text, place);
    await orch.command("/orch help", place);
    await orch.simulator.waitFor(() => orch.botComments(place).length > 0);
    const heard = orch.simulator.deliveries().filter(({ event, request: { payload } }) => {
      const { comment, repository } = payload as { comment?: { body: string }; repository?: { id: number } };
      return event === "issue_comment" && repository?.id === place.repository.id && texts.includes(comment?.body ?? "");
    });
    expect(heard.map(({ statusCode }) => statusCode)).toEqual(texts.map(() => 200));
    expect(orch.botComments(place)).toHaveLength(1);
    expect(await tasksOf(place.repository.id, place.number)).toEqual([]);
  });

  test("several lines are several commands, carried out in order", async () => {
    const place = await orch.place();
    const text = "/orch fix the failing tests\nand then:\n/orch status\n/orch fix the readme";
    await orch.command(text, place);
    await orch.simulator.waitFor(() => orch.botComments(place).length === 3, 30_000);
    const ids = await tasksOf(place.repository.id, place.number);
    expect(ids).toHaveLength(2);
    for (const id of ids) await orch.settled(id);
  });

  test("help says what one can write, and never starts a line with a command of its own", async () => {
    const place = await orch.place();
    await orch.command("/orch", place);
    const body = await orch.simulator.waitFor(() => orch.botComments(place)[0]?.body);
    expect(body).toMatch(/status[\s\S]*cancel|cancel[\s\S]*status/);
    expect(body).not.toMatch(/^\s{0,3}\/orch/m);
  });

  test("a mistyped verb is asked about, not worked on", async () => {
    const place = await orch.place();
    await orch.command("/orch cancle", place);
    const body = await orch.simulator.waitFor(() => orch.botComments(place)[0]?.body);
    expect(body).toContain("cancel");
    expect(await tasksOf(place.repository.id, place.number)).toEqual([]);
  });
});
