/**
 * Gemini CLI as an operator would define it, started by this Node (it needs 20 or newer) so that nothing depends on
 * what the machine's PATH has. Its program and that Node are outside of the system's folders, so the sandbox must show them.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AgentDefinition } from "../../workers/agents/adapter.ts";

const modules = fileURLToPath(new URL("node_modules", import.meta.url));

/** As in the operator's file, without its name. */
export const geminiSection = {
  kind: "gemini",
  command: [process.execPath, join(modules, "@google/gemini-cli/bundle/gemini.js")],
  env: {},
  passEnv: ["GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"],
  readable: [modules, dirname(process.execPath)],
  model: "gemini-2.5-pro",
} satisfies Omit<AgentDefinition, "name">;

/** What the host's environment must hold for it. */
export function geminiEnv(modelUrl: string): Record<string, string> {
  return { GEMINI_API_KEY: "no-real-key", GOOGLE_GEMINI_BASE_URL: modelUrl };
}
