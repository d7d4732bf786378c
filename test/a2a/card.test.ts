import { expect, test } from "vitest";
import { agentCard } from "../../a2a/card.ts";
import type { HostView } from "../../src/task/hosts.ts";

const reads = { totalMinutes: 30 };
const host = (changes: Partial<HostView>): HostView => ({
  ...{ id: "h1", place: "p1", name: "builder", version: "0.1.0", pid: 1, slots: 2, sandbox: "bwrap" },
  ...{ agents: ["claude"], defaultAgent: "claude", draining: false, startedAt: 0, lastBeat: 0, alive: true },
  ...changes,
});

test("there is one skill for each agent and each role that a living host offers which takes work", () => {
  const hosts = [
    host({ roles: { reviewer: reads, tester: reads } }),
    host({ agents: ["claude", "gemini"], roles: { tester: reads } }),
    host({ agents: ["drained"], draining: true }),
    host({ agents: ["dead"], roles: { backend: reads }, alive: false }),
  ];
  const ids = agentCard("https://orch.example", hosts).skills.map(({ id }) => id);
  expect(ids).toEqual(["agent-claude", "agent-gemini", "role-reviewer", "role-tester"]);
});
