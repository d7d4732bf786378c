/** Verbs of `orch` by which an operator looks at everything, cleans up, and finds out why. Each is a file of its own, loaded when it is asked for. */
import type { Command } from "commander";

export function addUpkeep(program: Command): void {
  program
    .command("gc")
    .description("remove what earlier runs left on this machine, as far as a record says that they are over")
    .option("--dry-run", "only say what would be removed")
    .option("--force", "also what is kept for people and for later tasks, where no open task needs it")
    .option("--json", "one machine-readable line")
    .action(async (options: import("./gc.ts").GcOptions) => {
      const { gc } = await import("./gc.ts");
      process.exitCode = await gc(process.env, options);
    });

  program
    .command("reset")
    .argument("<host>", "a worker host's id or name, as `orch hosts` lists it")
    .description("drain a worker host, wait for its last run, clean up after it, and forget it")
    .option("--yes", "do not ask whether that is meant")
    .option("--json", "one machine-readable line")
    .action(async (host: string, options: import("./reset.ts").ResetOptions) => {
      const { reset } = await import("./reset.ts");
      process.exitCode = await reset(process.env, host, options);
    });
}
