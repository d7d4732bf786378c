/** The adapter of each kind: the one list of what Orch can drive. */
import type { Adapter } from "./adapter.ts";
import { claude } from "./claude.ts";
import { gemini } from "./gemini.ts";
import { jsonl } from "./jsonl.ts";
import type { AgentKind } from "./kinds.ts";
import { plain } from "./plain.ts";

const adapters: Record<AgentKind, Adapter> = { plain, jsonl, gemini, claude };

export function adapterFor(kind: AgentKind): Adapter {
  return adapters[kind];
}
