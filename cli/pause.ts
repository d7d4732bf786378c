/**
 * `orch pause` and `orch resume`: no worker host takes a task until all is resumed. What is at work goes on to its end, and what is asked
 * for meanwhile is queued.
 */
import type { Env } from "../src/config.ts";
import { pauseAll, readPause, resumeAll } from "../src/task/pause.ts";
import { bare } from "../src/text/quote.ts";
import { consent, operatorName } from "./consent.ts";
import { noteDeed } from "./note-deed.ts";
import { withRedis } from "./with-redis.ts";

export type PauseOptions = { yes?: boolean; json?: boolean };

/** Exit code 0; 1 when it was declined, or all was paused already. */
export async function pause(env: Env, options: PauseOptions): Promise<number> {
  return await withRedis(env, "pause", async (redis) => {
    if (!(await consent("Start no further task, anywhere?", options))) return 1;
    const began = await pauseAll(redis, { since: Date.now(), by: operatorName(env) });
    await noteDeed(redis, env, { verb: "pause", done: began });
    const { pause: held } = await readPause(redis);
    const by = bare(held?.by ?? "", 60);
    say(
      options,
      { paused: held, began },
      began ? "Paused: what is at work goes on. `orch resume` ends it." : `Paused already, by ${by}.`,
    );
    return began ? 0 : 1;
  });
}

/** Exit code 0; 1 when nothing was paused. */
export async function resume(env: Env, options: Pick<PauseOptions, "json">): Promise<number> {
  const ended = await withRedis(env, "resume", async (redis) => {
    const done = await resumeAll(redis, Date.now());
    await noteDeed(redis, env, { verb: "resume", done });
    return done;
  });
  say(options, { resumed: ended }, ended ? "Resumed: worker hosts take tasks again." : "Nothing was paused.");
  return ended ? 0 : 1;
}

function say({ json }: PauseOptions, asJson: object, words: string): void {
  process.stdout.write(`${json ? JSON.stringify(asJson) : words}\n`);
}
