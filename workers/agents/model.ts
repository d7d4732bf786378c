/** The model that a person asks for, in place of the one that the operator's file names. */
import { Refusal } from "../../src/refusal.ts";
import type { AgentDefinition } from "./adapter.ts";
import type { AgentKind } from "./kinds.ts";

/** Whether programs of the kind can be told a model. */
const TAKES_MODEL: Readonly<Record<AgentKind, boolean>> = { plain: false, jsonl: false, gemini: true, claude: true };

export const takesModel = (kind: AgentKind): boolean => TAKES_MODEL[kind];

/** Refuses a model where the agent's program cannot be told one: it would work with another without a word. */
export function withModel(agent: AgentDefinition, model: string | undefined): AgentDefinition {
  if (model === undefined) return agent;
  if (takesModel(agent.kind)) return { ...agent, model };
  throw new Refusal(
    `The agent \`${agent.name}\` cannot be told which model to use (it is of kind \`${agent.kind}\`), so \`model=\` is not possible with it. Ask again without \`model=\`, or name another agent with \`agent=\`.`,
  );
}
