import { expect, test } from "vitest";
import { tokensOfDemo } from "../../bench/team-tokens.ts";

test("a team costs no more than three times the tokens of one agent that does all of it, on the demo's plan", () => {
  const { team, single, turns } = tokensOfDemo();
  expect(turns.team).toBeGreaterThan(turns.single);
  expect(team / single).toBeGreaterThan(1);
  expect(team / single).toBeLessThanOrEqual(3);
});
