/**
 * Two bots share a port and a Redis. One of them is frozen in the middle of a report, for longer than its claim lasts, while
 * the other one tells the end; then it thaws. What was told stays told.
 */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";
import type { Program } from "../support/program.ts";

/** As long as in the reports of what broke. */
const FROZEN_MS = 40_000;

const labels = (orch: Orch, { repository, number }: Place) => orch.simulator.state.labels(repository, number);
const checks = (orch: Orch, { repository }: Place) =>
  orch.simulator.state.checkRuns(repository).map(({ status, conclusion }) => `${status} ${conclusion}`);
function expectTheEnd(orch: Orch, place: Place, commentId: number): void {
  const comments = orch.botComments(place);
  expect(comments.map(({ body }) => body.split("\n")[0])).toEqual([expect.stringMatching(/^### ✅/)]);
  expect(labels(orch, place)).toEqual(["orch:done"]);
  expect(checks(orch, place)).toEqual(["completed success"]);
  expect(orch.simulator.state.reactions(place.repository, commentId).map(({ content }) => content)).toEqual(["hooray"]);
  expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
}

/** Stops the process of whichever bot sends the next change of this kind, before GitHub has carried it out. */
async function freezeAt(orch: Orch, kind: RegExp): Promise<{ bot: Program; carryOut: () => void }> {
  const { promise: lands, resolve: carryOut } = Promise.withResolvers<void>();
  const held = orch.simulator.faults.api({ times: 1, match: { path: kind }, action: { lands } });
  await held.firing;
  const bot = await whoReports(orch);
  process.kill(bot.pid(), "SIGSTOP");
  return { bot, carryOut };
}

/** Only one of them can be waiting for the answer: the other one is stopped for a moment, and nothing is renewed. */
async function whoReports(orch: Orch): Promise<Program> {
  const bots = [orch.bot, orch.otherBot].filter((bot) => bot !== undefined);
  const [one, other] = bots as [Program, Program];
  const renewedAt = () => orch.redis.zrange("orch:unreported", "0", "-1", "WITHSCORES").then(([, at]) => Number(at));
  process.kill(one.pid(), "SIGSTOP");
  const before = await renewedAt();
  await delay(2_500);
  const isOther = (await renewedAt()) !== before;
  process.kill(one.pid(), "SIGCONT");
  return isOther ? other : one;
}

// Each waits for minutes that nobody can shorten, and uses next to nothing: they wait side by side, each with an Orch of its own.
describe("a bot is frozen for 40 s in the middle of a report, beside a living one", () => {
  test.concurrent.for([
    { at: "an edit of the comment", kind: /\/issues\/comments\/\d+$/ },
    { at: "a label", kind: /\/issues\/\d+\/labels$/ },
    { at: "the comment itself", kind: /\/issues\/\d+\/comments$/ },
  ])("at $at: the told end stays", { timeout: 240_000 }, async ({ kind }, { expect, onTestFinished }) => {
    const orch = await startOrch({ agent: "waits", bots: 2 });
    onTestFinished(() => orch.close());
    const place = await orch.place();
    const { taskId, commentId } = await orch.command("/orch fix the tests", place);
    const isEdit = kind.source.includes("comments\\/");
    if (isEdit) await orch.simulator.waitFor(() => labels(orch, place).includes("orch:running"), 30_000);
    const freezing = freezeAt(orch, kind);
    if (isEdit) await orch.letGo();
    const { bot, carryOut } = await freezing;
    const thawed = delay(FROZEN_MS).then(() => process.kill(bot.pid(), "SIGCONT"));
    if (!isEdit) await orch.letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expectTheEnd(orch, place, commentId);
    // What the frozen one had sent is carried out only now, over what was told since.
    carryOut();
    await thawed;
    // The looks that were planned when the other bot took over come within a minute.
    await expect.poll(() => orch.redis.zcard("orch:second-looks"), { timeout: 90_000, interval: 500 }).toBe(0);
    await expect.poll(() => orch.redis.zcard("orch:unreported"), { timeout: 30_000 }).toBe(0);
    expectTheEnd(orch, place, commentId);
  });
});
