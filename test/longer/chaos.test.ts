/** A short campaign of random faults (`test/chaos`). The long one is `npm run test:chaos`. */
import { expect, test } from "vitest";
import { runCampaign } from "../chaos/campaign.ts";

test("processes and GitHub fail at random: each task comes to one end, and is told once", async () => {
  const { asked, faults, wrong } = await runCampaign({
    ...{ seed: 18, tasks: 6, faults: 10, bots: 1, isShort: true },
    ...{ longestMs: 30_000, endsWithinMs: 60_000, longestFreezeMs: 1_500, restMs: 2_500 },
  });
  expect(wrong).toEqual([]);
  expect(asked).toBe(6);
  expect(faults.total()).toBeGreaterThanOrEqual(10);
});
