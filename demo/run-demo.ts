/** A demo from its beginning to the exit of the process: whatever ends it, what it has started is cleaned up. */
import { type CleanUp, makeCleanUp } from "./clean-up.ts";

/** `play`: gives the code to exit with. */
export function runDemo(play: (cleanUp: CleanUp) => Promise<number>): void {
  cleanedUp(play).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}

async function cleanedUp(play: (cleanUp: CleanUp) => Promise<number>): Promise<number> {
  const cleanUp = makeCleanUp();
  const leave = () => void cleanUp.run().finally(() => process.exit(130));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, leave);
  // Nobody reads any more, as in `npm run demo | head`.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", leave);
  try {
    return await play(cleanUp);
  } finally {
    await cleanUp.run();
  }
}
