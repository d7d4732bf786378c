/** Which sets of hosts the model of each kind of agent is reached by. */
import type { HostSet } from "../../src/reach/host-sets.ts";
import type { AgentKind } from "../agents/kinds.ts";

/** The sets that an agent of a kind always has, because without its model it is nothing. */
export const modelSets: Readonly<Record<AgentKind, readonly HostSet[]>> = {
  plain: [],
  jsonl: [],
  gemini: ["gemini", "vertex"],
  claude: ["anthropic"],
};
