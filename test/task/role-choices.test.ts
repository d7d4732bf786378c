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

test("the agent that a repository names for a role works first, with the role's model where it is the role's own", () => {
  const role = { agent: "gemini", model: "flash" };
  const more = { agents: ["claude", "gemini", "codex"], defaultAgent: "claude" };
  expect(choicesFor(role, more, "codex")).toEqual([{ agent: "codex" }, { agent: "gemini", model: "flash" }]);
  expect(choicesFor(role, more, "gemini")).toEqual([{ agent: "gemini", model: "flash" }, { agent: "claude" }]);
  expect(choicesFor({}, more, "codex")).toEqual([{ agent: "codex" }, { agent: "claude" }]);
  expect(choicesFor({}, more, "copilot")).toBeUndefined();
});
