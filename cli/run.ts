/** `orch start`: everything on this machine against the real GitHub, or the way to an App when there is none yet. */
import type { Env } from "../src/config.ts";
import { AlreadyRunningError } from "./embedded-redis.ts";
import { setUpApp } from "./set-up-app.ts";
import { type Everything, EXIT_CONFIG, startEverything } from "./start.ts";

export async function run(env: Env): Promise<void> {
  if (!env.APP_ID && !env.PRIVATE_KEY && !env.PRIVATE_KEY_PATH) return setUpApp(env);
  const everything = await startOnce(env);
  if (!everything) return;
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(130);
    stopping = true;
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

/** Nothing, with the exit code that keeps a supervisor from trying again, when Orch runs here already. */
async function startOnce(env: Env): Promise<Everything | undefined> {
  try {
    return await startEverything({ env });
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_CONFIG;
    return undefined;
  }
}
