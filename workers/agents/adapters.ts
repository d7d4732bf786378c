/** The adapter of each kind: the one list of what Orch can drive. */
import type { Adapter, AgentKind } from "./adapter.ts";
import { claude } from "./claude.ts";
import { gemini } from "./gemini.ts";
import { jsonl } from "./jsonl.ts";
import { plain } from "./plain.ts";

const adapters: Record<AgentKind, Adapter> = { plain, jsonl, gemini, claude };

export function adapterFor(kind: AgentKind): Adapter {
  return adapters[kind];
}
