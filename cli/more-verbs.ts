/** Verbs of `orch` by which an operator looks at everything, cleans up, and finds out why. Each is a file of its own, loaded when it is asked for. */
import { Argument, type Command } from "commander";

const TASK = "a task's id or its beginning, owner/repo#number, or PLAN/NODE of a team";

export function addUpkeep(program: Command): void {
  program
    .command("top")
    .description("show what needs you, what runs, what waits and why, always as it is now; j and k move, q ends it")
    .option("--json", "as it is now, in one machine-readable line")
    .action(async (options: import("./top.ts").TopOptions) => {
      const { top } = await import("./top.ts");
      process.exitCode = await top(process.env, options);
    });

  program
    .command("audit")
    .argument("<task...>", TASK)
    .description(
      "report who asked, who decided what, runs, costs, checks, refusals and pushes; of several how they differ",
    )
    .option("--json", "one machine-readable line")
    .addHelpText("after", "\nExamples:\n  orch audit t4mf5\n  orch audit t4mf5 tq2rk --json")
    .action(async (tasks: string[], options: import("./audit.ts").AuditOptions) => {
      const { audit } = await import("./audit.ts");
      process.exitCode = await audit(process.env, tasks, options);
    });

  program
    .command("debug")
    .argument("<task>", TASK)
    .description("gather all that is known of a task in one file, without secrets")
    .option("-o, --output <file>", "write it there (default: orch-debug-TASK.tar.gz in this folder)")
    .option("--json", "one machine-readable line")
    .action(async (task: string, options: import("./debug.ts").DebugOptions) => {
      const { debug } = await import("./debug.ts");
      process.exitCode = await debug(process.env, task, options);
    });

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

/** Of the program that it is added to, behind all others. */
export function addCompletion(program: Command): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "which shell's").choices(["bash", "zsh"]))
    .description("print what has your shell complete verbs, options, tasks and hosts")
    .addHelpText("after", "\nExample:\n  source <(orch completion bash)")
    .action(async (shell: "bash" | "zsh") => {
      const { SCRIPTS } = await import("./complete/scripts.ts");
      process.stdout.write(SCRIPTS[shell]);
    });

  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: string[]) => {
      const { complete } = await import("./complete.ts");
      const found = await complete(program, process.env, words).catch(() => []);
      process.stdout.write(found.map((word) => `${word}\n`).join(""));
    });
}
