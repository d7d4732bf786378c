import { describe, expect, test } from "vitest";
import { isReady } from "../../src/dispatch/ready.ts";
import { host, spec, world } from "./worlds.ts";

const agents = ["claude", "gemini", "haiku"];
const offering = (agent: string, slots = 2) => host(`h-${agent}`, { agents, slots, roles: { reviewer: { agent } } });
const agentOf = (changes: Parameters<typeof spec>[1], hosts = [offering("haiku")]) => {
  const readiness = isReady(
    spec("t", { target: { kind: "issue", defaultBranch: "main" }, ...changes }),
    world({ hosts }),
  );
  return readiness.kind === "ready" ? readiness.lane.agent : readiness.kind;
};

describe("the agent of a role", () => {
  test("is the one that the operator has chosen for it, whatever the repository wishes for its tasks", () => {
    expect(agentOf({ role: "reviewer" })).toBe("haiku");
    expect(agentOf({ role: "reviewer", agent: "gemini" })).toBe("haiku");
  });

  test("is the one that the repository's file names for that role, or whoever asks", () => {
    expect(agentOf({ role: "reviewer", agent: "gemini", agentOfRole: true })).toBe("gemini");
    expect(agentOf({ role: "reviewer", agent: "gemini", agentNamed: true })).toBe("gemini");
  });

  test("is that of any task where the operator has chosen none, and where there is no such role", () => {
    expect(agentOf({ role: "tester", agent: "gemini" })).toBe("gemini");
    expect(agentOf({ role: "tester" })).toBe("claude");
    expect(agentOf({ agent: "gemini" })).toBe("gemini");
  });

  test("is the one that most slots take, where operators differ", () => {
    expect(agentOf({ role: "reviewer" }, [offering("haiku", 2), offering("gemini", 3)])).toBe("gemini");
  });

  test("is no agent that the host does not have", () => {
    expect(
      agentOf({ role: "reviewer" }, [host("h", { agents: ["claude"], roles: { reviewer: { agent: "gone" } } })]),
    ).toBe("claude");
  });

  test("at a node is the one that the plan has chosen for this try", () => {
    const node = { plan: "t1", id: "api", try: 2, home: "h-haiku", share: 1 };
    expect(agentOf({ role: "reviewer", node, agent: "gemini" })).toBe("gemini");
    expect(agentOf({ role: "reviewer", node })).toBe("haiku");
  });

  test("of a team's task is its planner's", () => {
    const hosts = [host("h", { agents, roles: { planner: { agent: "gemini" } } })];
    expect(agentOf({ team: true }, hosts)).toBe("gemini");
  });
});
