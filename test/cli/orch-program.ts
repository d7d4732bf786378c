/** The table of verbs that `orch` has, within the test's own process. */
import type { Command } from "commander";
import { vi } from "vitest";

let program: Promise<Command> | undefined;

/** Loading it runs what it is asked for: here nothing but its version. */
export function orchProgram(): Promise<Command> {
  program ??= load();
  return program;
}

async function load(): Promise<Command> {
  const { argv } = process;
  const quiet = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  process.argv = [argv[0] ?? "node", "orch", "--version"];
  try {
    return (await import("../../cli/orch.ts")).program;
  } finally {
    process.argv = argv;
    quiet.mockRestore();
  }
}
