/**
 * The bot is killed between every two of its steps, before each change is made and before it hears that it was made. The
 * end is the same as if nothing had happened, and GitHub is asked only once for what would be there twice.
 *
 * With two bots run those journeys in which another one can take over in the middle: a task's end, a cancel, a reply. The way
 * to the agent's work is made of the same steps as the end, and Redis serves one bot as it serves two. Of worker hosts
 * (`crashes.test.ts`, `restarts.test.ts`) no death is a bot's: they ask whichever bot there is.
 */
import { afterEach, describe, expect, test } from "vitest";
import { help } from "../../src/report/replies.ts";
import { makeDeeds } from "../../src/task/deeds.ts";
import { progressOf } from "../../src/task/task.ts";
import { killAtGitHub, killAtRedis } from "../support/kill-bot.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";
import { startRedisProxy } from "../support/redis-proxy.ts";

const CI_SAYS = "script pull:N:N:checks: 5 values";

describe("the bot is killed between every two of its steps", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  const twiceEach = (kinds: readonly string[]) => Object.fromEntries(kinds.map((kind) => [kind, 2]));
  const labels = ({ repository, number }: Place) => orch.simulator.state.labels(repository, number);
  const checks = ({ repository }: Place) =>
    orch.simulator.state.checkRuns(repository).map(({ name, status, conclusion }) => [name, status, conclusion]);
  const reactions = ({ repository }: Place, commentId: number) =>
    orch.simulator.state.reactions(repository, commentId).map((each) => each.content);

  /** Beside a living one, what a dead bot may have made twice is made once again: not every change is needed then. */
  function expectDeaths(killer: ReturnType<typeof killAtGitHub>, bots: 1 | 2, kinds: readonly string[]): void {
    if (bots === 1) expect(killer.deaths()).toEqual(twiceEach(kinds));
    else expect(twiceEach(kinds)).toMatchObject(killer.deaths());
  }

  /** The comments of an issue are taken in one after the other: when this one is answered, those before it are done with. */
  async function allIsTakenIn(place: Place): Promise<void> {
    await orch.command("/orch help", place);
    const answered = () => orch.botComments(place).some(({ body }) => body.startsWith(help().slice(0, 20)));
    await orch.simulator.waitFor(answered, 200_000);
  }

  /** GitHub shows that the agent works. */
  async function atWork(place: Place, taskId: string): Promise<void> {
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    await orch.progressComment(/working/, place);
    // Its colour is the last word of the report that sets it.
    const all = () => orch.simulator.state.issue(place.repository, place.number)?.labels ?? [];
    const isDone = () => all().some(({ name, description }) => name === "orch:running" && description);
    await orch.simulator.waitFor(isDone, 200_000);
  }

  test.each([1, 2] as const)(
    "of %i: from the push to the last word under an issue: one pull request, one comment, one check run",
    async (bots) => {
      orch = await startOrch({ agent: "waits", bots });
      const place = await orch.place();
      const { taskId, commentId } = await orch.command("/orch fix the tests", place);
      await atWork(place, taskId);
      const killer = killAtGitHub(orch, place);
      await orch.letGo();
      expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
      await killer.stop();
      // Made before the task is settled, the check run is changed once more; made after, it is right from the start.
      const { "PATCH check-runs/N": changed = 2, ...deaths } = killer.deaths();
      expect(changed).toBe(2);
      const kinds = twiceEach([
        "POST pulls",
        "POST issues/comments/N/reactions",
        "DELETE issues/comments/N/reactions/N",
        "PATCH issues/comments/N",
        "PATCH labels/orch%NAdone",
        "POST issues/N/labels",
        "DELETE issues/N/labels/orch%NArunning",
        "POST check-runs",
      ]);
      // Beside a living one, what a dead bot may have made twice is made once again: not every change is needed then.
      if (bots === 1) expect(deaths).toEqual(kinds);
      else expect(kinds).toMatchObject(deaths);
      if (bots === 1) expect(orch.asked(place)).toEqual({ comments: 1, pulls: 1, "check-runs": 1 });
      expect(orch.botComments(place)).toHaveLength(1);
      expect(new Set(checks(place).map(String))).toEqual(new Set(["orch,completed,success"]));
      expect(labels(place)).toEqual(["orch:done"]);
      expect(reactions(place, commentId)).toEqual(["hooray"]);
    },
  );

  test("from the command to the agent's work under a pull request, and with its check runs at the end", async () => {
    orch = await startOrch({ agent: "waits" });
    const { repository } = await orch.place();
    await orch.simulator.commit(repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
    const pull = { as: "maintainer", title: "Note", head: "topic", base: "main" };
    const place = { repository, number: (await orch.simulator.openPull(repository, pull)).number };
    const early = killAtGitHub(orch, place);
    // Only a check run that stands before the agent works is sure to be changed: a bot may hear of its making as it dies.
    const until = orch.simulator.waitFor(() => early.deaths()["POST check-runs"] === 2, 200_000);
    const match = { method: "GET", path: /\/info\/refs$/ };
    const fetching = orch.simulator.faults.api({ times: 1, match, action: { until } });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await atWork(place, taskId);
    expect(fetching.fired).toBe(1);
    await orch.simulator.waitFor(() => early.deaths()["PATCH check-runs/N"] === 2, 200_000);
    await early.stop();
    expect(early.deaths()).toEqual(
      twiceEach([
        "POST issues/comments/N/reactions",
        "POST issues/N/comments",
        "PATCH issues/comments/N",
        "POST labels",
        "PATCH labels/orch%NArunning",
        "POST issues/N/labels",
        "POST check-runs",
        "PATCH check-runs/N",
      ]),
    );
    // The rest of the end is the same as under an issue.
    const late = killAtGitHub(orch, place, /check-runs/);
    await orch.letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request", number: place.number });
    await late.stop();
    expect(late.deaths()).toEqual(twiceEach(["POST check-runs", "PATCH check-runs/N"]));
    const success = ["orch", "completed", "success"];
    expect(checks(place)).toEqual([success, success]);
    expect(orch.asked(place)).toEqual({ comments: 1, pulls: 0, "check-runs": 2 });
    expect(orch.simulator.state.pulls(repository)).toHaveLength(1);
    expect(labels(place)).toEqual(["orch:done"]);
  });

  test.each([1, 2] as const)("of %i: with a cancel: the task is cancelled, and the answer comes once", async (bots) => {
    orch = await startOrch({ agent: "waits", bots });
    const place = await orch.place();
    const task = await orch.command("/orch fix the tests", place);
    await atWork(place, task.taskId);
    // The end's labels and edits are the same as with any other end.
    const killer = killAtGitHub(orch, place, /issues\/N\/comments|reactions/);
    const cancel = await orch.command("/orch cancel", place);
    expect(await orch.told(task.taskId)).toMatchObject({ kind: "cancelled" });
    await orch.simulator.waitFor(() => orch.botComments(place).length > 1, 200_000);
    await killer.stop();
    await allIsTakenIn(place);
    expectDeaths(killer, bots, [
      "POST issues/comments/N/reactions",
      "DELETE issues/comments/N/reactions/N",
      "POST issues/N/comments",
    ]);
    if (bots === 1) expect(orch.asked(place)).toEqual({ comments: 3, pulls: 0, "check-runs": 0 });
    expect(orch.botComments(place)).toHaveLength(3);
    expect(labels(place)).toEqual(["orch:failed"]);
    expect(reactions(place, cancel.commentId)).toEqual(["eyes"]);
    expect(reactions(place, task.commentId)).toEqual(["confused"]);
  });

  test.each([1, 2] as const)("of %i: with the refusal of a stranger: one reply", async (bots) => {
    orch = await startOrch({ bots });
    orch.simulator.createUser("stranger");
    const place = await orch.place();
    const killer = killAtGitHub(orch, place);
    const { commentId } = await orch.command("/orch fix the tests", { ...place, as: "stranger" });
    await orch.simulator.waitFor(() => orch.botComments(place).length > 0, 200_000);
    await killer.stop();
    await allIsTakenIn(place);
    expectDeaths(killer, bots, ["POST issues/comments/N/reactions", "POST issues/N/comments"]);
    if (bots === 1) expect(orch.asked(place)).toEqual({ comments: 2, pulls: 0, "check-runs": 0 });
    expect(orch.botComments(place)).toHaveLength(2);
    expect(reactions(place, commentId)).toEqual(["confused"]);
  });

  // Its three dozen lives of the bot are three times the time of the others.
  test("with each change in Redis, from the delivery to the last word", { timeout: 300_000 }, async () => {
    const killer = killAtRedis(() => orch);
    const proxies: Awaited<ReturnType<typeof startRedisProxy>>[] = [];
    orch = await startOrch({
      redisOfBot: async (port) => {
        const proxy = await startRedisProxy({ port, fateOf: killer.fateOf, onCut: killer.onCut });
        proxies.push(proxy);
        return proxy.url;
      },
    });
    const place = await orch.place();
    killer.begin();
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await killer.stop();
    await orch.bot.stop();
    for (const proxy of proxies) await proxy.close();
    // A host looks by itself every few seconds: the job that it finds is announced to nobody any more.
    // That a delivery had to be asked for is counted beside its coming, which may be what a bot dies of, and twice it has not to be asked for.
    // What CI says of the pull request is noted down when GitHub tells it, which may be after the end.
    const all = killer.deaths();
    const { "publish jobs": announced, "xadd history": counted, [CI_SAYS]: ci = 1, ...deaths } = all;
    for (const times of [announced, counted, ci]) expect([1, 2]).toContain(times);
    expect(deaths).toEqual(
      twiceEach([
        "script inbox:N-N inbox:issue:N-N inbox inbox:taken inbox:news: 6 values", // recorded
        "script inbox inbox:taken inbox:news: take",
        "script task:TASK task:TASK:timeline open issue:N:N conversation:N:N unreported unreported:taken unreported:news: queued",
        "script dispatch dispatch:taken dispatch:news: take", // a bot that starts looks at what waits
        "script last-seen look-back forgetful: 3 values", // how far Redis has seen, so that an older one is known
        "hdel task:TASK", // somebody begins to show it
        "script turns:orch-agent-fixes lanes: 8 values", // its turn among the repositories, and where jobs are
        "BullMQ hset",
        "BullMQ script", // the job is added
        "script deed:N-N-N deeds task:TASK:deeds: undefined", // who asked is noted among what people did
        "script inbox:N-N inbox:issue:N-N: 2 values", // finished
        "script inbox inbox:taken inbox:news: 3 values", // nothing waits under the issue any more
        "script unreported unreported:taken unreported:news: take",
        "set task:TASK:shown",
        "script task:TASK unreported unreported:taken unreported:news: 4 values", // what a dead bot had begun is in doubt
        "set checked:N:SHA",
        "script task:TASK task:TASK:timeline open unreported unreported:taken unreported:news task:TASK:followers dispatch dispatch:taken dispatch:news history: pull_request",
        "script task:TASK task:TASK:timeline task:TASK:shown issue:N:N conversation:N:N task:TASK:events unreported unreported:taken unreported:news: 7 values", // reported
      ]),
    );
    expect(orch.asked(place)).toEqual({ comments: 1, pulls: 1, "check-runs": 1 });
    expect(orch.botComments(place)).toHaveLength(1);
    expect(checks(place)).toEqual([["orch", "completed", "success"]]);
    expect(labels(place)).toEqual(["orch:done"]);
    expect(await makeDeeds(orch.redis).ofTask(taskId)).toHaveLength(1);
    expect((await orch.store.events(taskId)).map(({ what }) => what).filter((what) => what === "queued")).toHaveLength(
      1,
    );
  });
});
