import { expect, test } from "vitest";
import { Refusal } from "../../../src/refusal.ts";
import type { AgentDefinition } from "../../../workers/agents/adapter.ts";
import { adapterFor } from "../../../workers/agents/adapters.ts";
import { type AgentKind, agentKinds } from "../../../workers/agents/kinds.ts";
import { takesModel, withModel } from "../../../workers/agents/model.ts";

const agentOf = (kind: AgentKind): AgentDefinition => ({
  name: "fixer",
  kind,
  command: ["fixer"],
  env: {},
  passEnv: [],
  readable: [],
  ...(takesModel(kind) && { model: "the operator's" }),
});
const commandOf = (agent: AgentDefinition): string[] =>
  adapterFor(agent.kind).launch(agent, { homeDir: "/home/agent", sessionId: "s", env: {} }).command;

test.each(agentKinds.filter(takesModel))("an agent of kind %s works with the model that was asked for", (kind) => {
  expect(commandOf(withModel(agentOf(kind), "x y")).join("|")).toContain("--model|x y|");
});

test.each(agentKinds.filter((kind) => !takesModel(kind)))(
  "one of kind %s cannot be told a model, and says so",
  (kind) => {
    expect(() => withModel(agentOf(kind), "opus")).toThrow(Refusal);
    expect(() => withModel(agentOf(kind), "opus")).toThrow(/`fixer` cannot be told which model.*kind `\w+`/);
  },
);

test.each(agentKinds)("where no model is asked for, an agent of kind %s is what the operator has written", (kind) => {
  expect(withModel(agentOf(kind), undefined)).toEqual(agentOf(kind));
});
