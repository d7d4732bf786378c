import { expect, test } from "vitest";
import { choicesFor } from "../../src/task/role-choices.ts";

const host = { agents: ["claude", "gemini"], defaultAgent: "claude" };

test("a role's own agent works first, and the default agent should that fail", () => {
  expect(choicesFor({ agent: "gemini", model: "flash" }, host)).toEqual([
    { agent: "gemini", model: "flash" },
    { agent: "claude" },
  ]);
  expect(choicesFor({ agent: "claude" }, host)).toEqual([{ agent: "claude" }]);
});

test("a role without an agent of its own, or with one that is not there, is anybody's", () => {
  for (const role of [undefined, {}, { model: "flash" }, { agent: "copilot" }])
    expect(choicesFor(role, host)).toBeUndefined();
});
