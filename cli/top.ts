/**
 * `orch top`: what needs somebody, what runs, what waits and why, always as it is now. Elsewhere than on a terminal, and as
 * JSON, it is said once.
 */
import type { Env } from "../src/config.ts";
import { onScreen } from "./screen.ts";
import { figures } from "./top/figures.ts";
import { frame } from "./top/frame.ts";
import { makeOverview } from "./top/overview.ts";
import { withRedis } from "./with-redis.ts";

export type TopOptions = { json?: boolean };

/** Exit code 0. */
export async function top(env: Env, { json = false }: TopOptions = {}): Promise<number> {
  return await withRedis(env, "top", async (redis) => {
    const look = makeOverview(redis, env);
    if (json) process.stdout.write(`${JSON.stringify(figures(await look()))}\n`);
    else if (process.stdout.isTTY && process.stdin.isTTY)
      await onScreen(async () => {
        const seen = await look();
        return (width) => frame(seen, width);
      });
    else process.stdout.write(`${frame(await look(), Number.POSITIVE_INFINITY).join("\n")}\n`);
    return 0;
  });
}
