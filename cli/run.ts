/** `orch start`: everything on this machine against the real GitHub, or the way to an App when there is none yet. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Env } from "../src/config.ts";
import { AlreadyRunningError } from "./embedded-redis.ts";
import { type Everything, EXIT_CONFIG, startEverything } from "./start.ts";

export async function run(env: Env): Promise<void> {
  const hasApp = Boolean(env.APP_ID || env.PRIVATE_KEY || env.PRIVATE_KEY_PATH);
  const everything = await unlessFutile(() => (hasApp ? startEverything({ env }) : register(env)));
  if (!everything) return;
  process.stderr.write(`Orch is starting. Ctrl-C stops it, and so does: kill ${process.pid}\n`);
  const showing = process.stdout.isTTY ? showDashboard(everything.env) : undefined;
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(130);
    stopping = true;
    showing?.kill();
    process.stderr.write("Stopping. Agents go on in their sessions; the next start takes them up again.\n");
    everything.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const code = await everything.ended;
  if (stopping) return;
  await everything.stop();
  process.exitCode = code;
  if (code === EXIT_CONFIG) process.stderr.write("Run `npm run orch -- doctor` for what is missing.\n");
}

/**
 * The link to the dashboard, for whoever sits there: never in a log, which is what standard output is elsewhere. A process of its own: this one
 * stays in memory for as long as Orch runs, and needs nothing of what makes a link.
 */
function showDashboard(env: Record<string, string>): ChildProcess | undefined {
  if (env.DASHBOARD_PORT === "off") return undefined;
  const command = join(import.meta.dirname, "..", import.meta.url.endsWith(".ts") ? "bin/orch.js" : "../bin/orch.js");
  const child = spawn(process.execPath, [command, "dashboard", "--wait", "--no-open"], {
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return child.on("error", () => undefined);
}

/** Loaded only when there is no App yet: `orch start` stays in memory for as long as Orch runs. */
async function register(env: Env): Promise<undefined> {
  const { setUpApp } = await import("./set-up-app.ts");
  return await setUpApp(env);
}

/** Nothing, with the exit code that keeps a supervisor from trying again, where trying again would not help. */
async function unlessFutile(start: () => Promise<Everything | undefined>): Promise<Everything | undefined> {
  try {
    return await start();
  } catch (error) {
    const isFutile = error instanceof AlreadyRunningError || (error instanceof Error && error.name === "ConfigError");
    if (!isFutile) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_CONFIG;
    return undefined;
  }
}
