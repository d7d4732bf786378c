/**
 * `npm run dev`: everything on this machine, started anew at every change of a source file. With an `.env` it talks to the
 * real GitHub, with readable logs; without one it plays the demo on the simulator and stays.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import pretty from "pino-pretty";

const real = existsSync(".env");
const program = real ? ["cli/orch.ts", "start"] : ["demo/demo.ts", "--keep"];
const folders = ["src", "a2a", "workers", "cli", ...(real ? [] : ["simulator", "demo"])];

const child = spawn(
  process.execPath,
  [
    ...folders.map((folder) => `--watch-path=${folder}`),
    "--watch-preserve-output",
    ...program,
    ...process.argv.slice(2),
  ],
  // Started anew at every change, the sources themselves are there sooner than a file made of them.
  { stdio: ["inherit", real ? "pipe" : "inherit", "inherit"], env: { ...process.env, ORCH_AS_SOURCES: "yes" } },
);
child.stdout?.pipe(pretty({ colorize: process.stdout.isTTY, ignore: "pid,hostname" }));

// The terminal's Ctrl-C reaches the child by itself; it decides when it has ended, and we follow.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.once("exit", (code) => process.exit(code ?? 1));
