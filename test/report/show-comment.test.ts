import { describe, expect, test } from "vitest";
import { makeMarker } from "../../src/report/marker.ts";
import { keys } from "../../src/task/keys.ts";
import { commentOf } from "../support/task-spec.ts";
import { BOT, MAINTAINER, startReportingForFile } from "./reporting.ts";

const world = await startReportingForFile();

describe("the progress comment exists once", () => {
  const forget = (id: string) => world.redis.del(keys.shown(id));

  test("when a bot died after creating it and before writing that down", async () => {
    const spec = await world.task(await world.repository());
    await world.reporter().report(spec.id);
    await forget(spec.id);
    await world.claim(spec.id);
    await world.reporter().report(spec.id);
    expect(world.comments(spec)).toHaveLength(1);
    expect(world.comments(spec)[0]).toMatch(/^### ⚙️ The agent is working/);
    expect(world.reactions(spec)).toEqual(["eyes"]);
  });

  test("when the answer to its creation was lost", async () => {
    const spec = await world.task(await world.repository());
    const { simulator } = world;
    const lost = simulator.faults.api({
      times: 1,
      match: { method: "POST", path: /\/comments$/ },
      action: { status: 502 },
    });
    const { report } = world.reporter();
    await report(spec.id);
    expect(lost.fired).toBe(1);
    // GitHub has carried it out all the same.
    const marker = makeMarker("marker secret", "progress", spec.id);
    await simulator.comment(spec.repository, spec.number, `old\n\n${marker}`, BOT);
    expect(await world.dueIn(spec.id)).toBeGreaterThan(1_000);
    await report(spec.id);
    expect(world.comments(spec)).toHaveLength(1);
    expect(world.comments(spec)[0]).toMatch(/^### ⏳ Queued/);
  });

  test("when a bot froze before it created it, and another one created it, too", async () => {
    const spec = await world.task(await world.repository());
    const [first, both] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let arrived = 0;
    // Both have looked and found nothing before either creates.
    const before = async (request: string) => {
      if (!/^POST .*\/comments$/.test(request)) return;
      arrived += 1;
      if (arrived === 1) first.resolve();
      else both.resolve();
      await both.promise;
    };
    const frozen = world.reporter(before).report(spec.id);
    await first.promise;
    await Promise.all([frozen, world.reporter(before).report(spec.id)]);
    expect(arrived).toBe(2);
    expect(world.comments(spec)).toHaveLength(1);
    await world.claim(spec.id);
    await world.reporter().report(spec.id);
    expect(world.comments(spec)).toHaveLength(1);
    expect(world.comments(spec)[0]).toMatch(/^### ⚙️ The agent is working/);
  });

  test("when there are duplicates: the oldest stays", async () => {
    const spec = await world.task(await world.repository());
    expect(await world.store.isFirstReport(spec.id)).toBe(true);
    const marker = makeMarker("marker secret", "progress", spec.id);
    const first = await world.simulator.comment(spec.repository, spec.number, `one\n\n${marker}`, BOT);
    await world.simulator.comment(spec.repository, spec.number, `two\n\n${marker}`, BOT);
    await world.reporter().report(spec.id);
    const left = world.simulator.state.comments(spec.repository, spec.number).map(({ id }) => id);
    expect(left).toEqual([commentOf(spec), first.id]);
    expect(world.comments(spec)[0]).toMatch(/^### ⏳ Queued/);
  });

  test("and a marker in somebody else's comment, or within a comment of ours, is not it", async () => {
    const spec = await world.task(await world.repository());
    const marker = makeMarker("marker secret", "progress", spec.id);
    await world.simulator.comment(spec.repository, spec.number, `stolen\n\n${marker}`, MAINTAINER);
    await world.simulator.comment(spec.repository, spec.number, `quoted ${marker} here`, BOT);
    await world.reporter().report(spec.id);
    const bodies = world.simulator.state.comments(spec.repository, spec.number).map(({ body }) => body);
    expect(bodies).toHaveLength(4);
    expect(bodies[1]).toContain("stolen");
    expect(bodies[2]).toContain("quoted");
    expect(bodies[3]).toMatch(/^### ⏳ Queued/);
  });

  test("again after somebody deleted it, but not a second time", async () => {
    const spec = await world.task(await world.repository());
    const { report } = world.reporter();
    const removeOurs = async () => {
      const all = world.simulator.state.comments(spec.repository, spec.number);
      const ours = all.find(({ user }) => user.id === world.simulator.app.botId);
      if (!ours) throw new Error("there is no comment of ours");
      await world.simulator.deleteComment(spec.repository, ours.id, MAINTAINER);
    };
    await report(spec.id);
    await removeOurs();
    await world.claim(spec.id);
    await report(spec.id);
    expect(world.comments(spec)).toHaveLength(1);
    await removeOurs();
    await world.settle(spec.id);
    await report(spec.id);
    expect(world.comments(spec)).toHaveLength(0);
    expect(await world.isReported(spec.id)).toBe(true);
  });
});
