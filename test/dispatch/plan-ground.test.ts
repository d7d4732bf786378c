import { expect, test } from "vitest";
import { groundOn } from "../../src/dispatch/plan-ground.ts";
import { makeSpec } from "../support/task-spec.ts";
import { host } from "./worlds.ts";

const home = host("h1", {
  agents: ["claude", "gemini"],
  defaultAgent: "claude",
  roles: { reviewer: { agent: "gemini", model: "flash" }, developer: {} },
  team: { width: 5, nodes: 20 },
});

test("what a plan is made of is what its home offers, narrowed by its repository", () => {
  const spec = makeSpec({ team: true, planLimits: { width: 2, depth: 0 }, roles: { developer: { agent: "gemini" } } });
  const { caps, choicesOf } = groundOn(home, spec);
  expect(caps).toMatchObject({ width: 2, nodes: 20, depth: 0, runsPerNode: 4 });
  expect(choicesOf("developer")).toEqual([{ agent: "gemini" }, { agent: "claude" }]);
  expect(choicesOf("reviewer")).toEqual([{ agent: "gemini", model: "flash" }, { agent: "claude" }]);
});

test("of a home that is not known nothing is chosen, and the defaults count", () => {
  const { caps, choicesOf } = groundOn(undefined, makeSpec({ team: true }));
  expect(caps).toMatchObject({ width: 3, nodes: 12 });
  expect(choicesOf("reviewer")).toBeUndefined();
});
