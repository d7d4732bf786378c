import { describe, expect, test } from "vitest";
import { parseRepositoryFile } from "../../../src/settings/repository-file.ts";
import type { Routing } from "../../../src/task/routing.ts";
import { parseOperatorFile } from "../../../workers/operator-file.ts";
import { budgetOfRole, limitsOf, resourcesOf, roleText, withModelOfTask } from "../../../workers/run/role.ts";

const operatorWith = (text: string) =>
  parseOperatorFile(
    `agents:\n  claude: { kind: claude, command: [claude], model: opus }\n  gemini: { kind: gemini, command: [gemini] }\ndefaultAgent: claude\n${text}`,
    "orch.yml",
  );
const repository = (text: string) => parseRepositoryFile([{ path: ".github/orch.yml", text }]);

describe("what an agent is told of its role", () => {
  const operator = operatorWith("roles: { reviewer: { prompt: Look closely. }, tester: off }");
  const reviewer = { role: "reviewer" };

  test("is the operator's, and what the repository adds to it", () => {
    expect(roleText(operator, reviewer, {})).toBe("Look closely.");
    const added = roleText(operator, reviewer, repository("roles: { reviewer: { prompt: Mind the money. } }"));
    expect(added).toBe("Look closely.\n\nIn this repository:\n\nMind the money.");
  });

  test("is nothing without a role", () => {
    expect(roleText(operator, {}, repository("roles: { reviewer: off }"))).toBeUndefined();
  });

  test("is a refusal where the repository has switched it off", () => {
    expect(() => roleText(operator, reviewer, repository("roles: { reviewer: off }"))).toThrow(/switched the role/);
  });

  test("is a refusal where this host has no such role, whoever names it", () => {
    expect(() => roleText(operator, { role: "tester" }, {})).toThrow(/The task asks for the role `tester`/);
    const file = repository("roles: { revewer: off }");
    expect(() => roleText(operator, {}, file)).toThrow(/The repository's file names the role `revewer`/);
  });
});

describe("the model", () => {
  const operator = operatorWith("roles: { reviewer: { model: haiku }, tester: { agent: gemini, model: flash } }");
  const [claude, gemini] = [operator.agents.get("claude"), operator.agents.get("gemini")];
  const modelOf = (agent: typeof claude, spec: object, more: { routing?: Routing } = {}) =>
    agent && withModelOfTask(operator, { spec, ...more }, agent).model;

  test("is that of the role, where the agent is the one that the operator has chosen for it", () => {
    expect(modelOf(claude, { role: "reviewer" })).toBe("haiku");
    expect(modelOf(gemini, { role: "tester" })).toBe("flash");
    expect(modelOf(claude, { role: "tester" })).toBe("opus");
    expect(modelOf(claude, {})).toBe("opus");
  });

  test("is that with which its agent was chosen by what came of earlier tasks, unless that was only advice or of another", () => {
    const routing = {
      mode: "route" as const,
      class: "issue/small",
      candidates: [],
      seed: "t",
      chosen: "claude",
      model: "haiku",
    };
    expect(modelOf(claude, {}, { routing })).toBe("haiku");
    expect(modelOf(gemini, {}, { routing })).toBeUndefined();
    expect(modelOf(claude, {}, { routing: { ...routing, mode: "advise" } })).toBe("opus");
    expect(modelOf(claude, { model: "sonnet" }, { routing })).toBe("sonnet");
  });

  test("is what whoever asks has named, above all", () => {
    expect(modelOf(claude, { role: "reviewer", model: "sonnet" })).toBe("sonnet");
  });
});

test("an agent is given those of its MCP servers that its role names, and all where that names none", () => {
  const mcp = "mcp: { notes: { command: [notes] }, db: { command: [db] } }";
  const agents = `agents:\n  claude: { kind: claude, command: [claude], ${mcp} }\n`;
  const operator = parseOperatorFile(`${agents}roles: { reviewer: { mcp: [notes] }, tester: { mcp: [] } }`, "orch.yml");
  const claude = operator.agents.get("claude");
  const serversOf = (spec: object) => Object.keys((claude && withModelOfTask(operator, { spec }, claude).mcp) ?? {});
  expect(serversOf({ role: "reviewer" })).toEqual(["notes"]);
  expect(serversOf({ role: "tester" })).toEqual([]);
  expect(serversOf({ role: "developer" })).toEqual(["notes", "db"]);
  expect(serversOf({})).toEqual(["notes", "db"]);
  expect(() => parseOperatorFile(`${agents}roles: { reviewer: { mcp: [other] } }`, "orch.yml")).toThrow(/called other/);
});

describe("a role narrows", () => {
  const operator = operatorWith(
    "budget: { run: $2 }\nlimits: { totalMinutes: 60 }\nroles: { reviewer: { totalMinutes: 20, budget: $1 }, tester: { totalMinutes: 90, budget: $5 } }",
  );

  test("the time of an agent's work, and never widens it", () => {
    expect(limitsOf(operator, { role: "reviewer" }).totalMinutes).toBe(20);
    expect(limitsOf(operator, { role: "tester" }).totalMinutes).toBe(60);
    expect(limitsOf(operator, {})).toBe(operator.limits);
  });

  test("what a run may use, also where nothing else is limited", () => {
    expect(budgetOfRole(operator, { role: "reviewer" })?.run).toEqual({ usd: 1 });
    expect(budgetOfRole(operator, { role: "tester" })?.run).toEqual({ usd: 2 });
    const unlimited = operatorWith("roles: { reviewer: { budget: $1 } }");
    expect(budgetOfRole(unlimited, { role: "reviewer" })).toEqual({ run: { usd: 1 } });
    expect(budgetOfRole(unlimited, {})).toBeUndefined();
  });
});

test("what a run may use of the machine is the least that operator, agent, role and repository say", () => {
  const file = `
agents: { a: { kind: plain, command: [coder], limits: { cpuPercent: 60, memoryMegabytes: 700 } } }
limits: { cpuPercent: 100, runDiskGigabytes: 5 }
roles: { tester: { limits: { cpuPercent: 40, processes: 99 } } }
`;
  const parsed = parseOperatorFile(file, "orch.yml");
  const agent = parsed.agents.get("a") ?? {};
  const all = { cpuPercent: 60, memoryMegabytes: 700, processes: 4_096, runDiskGigabytes: 5 };
  expect(resourcesOf(parsed, {}, agent, undefined)).toEqual(all);
  expect(resourcesOf(parsed, { role: "tester" }, agent, undefined)).toEqual({ ...all, cpuPercent: 40, processes: 99 });
  const wished = { cpuPercent: 1_000, memoryMegabytes: 300, openFiles: 500 };
  expect(resourcesOf(parsed, {}, agent, wished)).toEqual({ ...all, memoryMegabytes: 300, openFiles: 500 });
});
