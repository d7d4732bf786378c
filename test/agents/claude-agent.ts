/**
 * Claude Code as an operator would define it, where it is installed: it is not ours to install. `CLAUDE` in the environment of the tests is its
 * program's path; else it is looked for in `PATH`.
 */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { WrittenAgent } from "../support/orch.ts";
import { placeFile, placeNode } from "../support/place-files.ts";

/** The program itself, whatever links lead to it; undefined where there is none. */
export function installedClaude({ CLAUDE, PATH = "" }: NodeJS.ProcessEnv): string | undefined {
  const places = CLAUDE ? [CLAUDE] : PATH.split(":").map((folder) => join(folder, "claude"));
  const found = places.find((path) => path !== "" && existsSync(path));
  return found && realpathSync(found);
}

export type PlacedClaude = { section: Omit<WrittenAgent, "allow">; remove(): void };

/** Placed where every slot's user can reach it. */
export function placeClaude(installed: string): PlacedClaude {
  const { dir, remove } = placeNode("orch-claude-program-");
  const program = join(dir, "bin/claude");
  placeFile(installed, program);
  const section = {
    kind: "claude" as const,
    command: [program, "--max-turns", "20"],
    env: { CLAUDE_CODE_MAX_RETRIES: "1" },
    passEnv: ["ANTHROPIC_API_KEY"],
    readable: [dir],
    model: "claude-sonnet-4-5",
  };
  return { section, remove };
}
