/**
 * Gemini CLI as an operator would define it, placed where every slot's user can reach it: a checkout may lie below a
 * folder that only its owner can enter, and the machine's own Node may be too old (it needs 20) or private as well.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { WrittenAgent } from "../support/orch.ts";
import { placeNode, placeTree } from "../support/place-files.ts";

const modules = fileURLToPath(new URL("node_modules", import.meta.url));

/** As in the operator's file, without its name. */
type Section = Omit<WrittenAgent, "allow">;

export type PlacedGemini = { section: Section; remove(): void };

/** Where files cannot be linked, a copy of 110 MB. */
export function placeGemini(): PlacedGemini {
  const { dir, node, remove } = placeNode("orch-gemini-program-");
  // The model's service runs beside the tests, not in the sandbox.
  placeTree(modules, join(dir, "node_modules"), (path) => !path.startsWith(join(modules, "@copilotkit")));
  const section = {
    kind: "gemini" as const,
    command: [node, join(dir, "node_modules/@google/gemini-cli/bundle/gemini.js")],
    env: { PATH: `${dirname(node)}:/usr/local/bin:/usr/bin:/bin` },
    passEnv: ["GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"],
    readable: [dir],
    model: "gemini-2.5-pro",
  };
  return { section, remove };
}

/** What the host's environment must hold for it. */
export function geminiEnv(modelUrl: string): Record<string, string> {
  return { GEMINI_API_KEY: "no-real-key", GOOGLE_GEMINI_BASE_URL: modelUrl };
}

/**
 * Gemini CLI as an operator would define it whose model answers on this machine. What is on its loopback has to be
 * listed, and nothing else is, to prove that this is enough; `allow: []` is the operator who forgot it.
 */
export function geminiAt(url: string, section: Section, allow = [new URL(url).host]): WrittenAgent {
  return { ...section, env: { ...section.env, GOOGLE_GEMINI_BASE_URL: url }, egress: "listed", allow };
}
