/** The kinds of agents that Orch can drive. The compiler asks for all that a new one needs. */
export const agentKinds = ["plain", "jsonl", "gemini", "claude"] as const;
export type AgentKind = (typeof agentKinds)[number];
