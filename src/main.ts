/**
 * The bot's program. Tells all problems of its settings and its Redis at once, and then does not start. SIGTERM or SIGINT
 * ends it in order; a second signal ends it at once, which is safe too: everything that counts is in Redis.
 */
import { makeBot } from "./bot.ts";
import { type BotConfig, ConfigError, readBotConfig } from "./config.ts";
import { connectRedis, waitForRedis } from "./task/redis.ts";
import { checkRedisFitness } from "./task/redis-fitness.ts";

/** EX_CONFIG of sysexits.h: starting again cannot help. */
const EXIT_CONFIG = 78;
const REDIS_WAIT_MS = 3_000;

async function main(): Promise<void> {
  const bot = await makeBot(await readSettings());
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(130);
    stopping = true;
    bot.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error, 1),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.stdout.write(`Orch's bot is listening on ${bot.url}\n`);
}

/** When the settings are wrong, Redis is looked at as well, so that nobody has to come twice. */
async function readSettings(): Promise<BotConfig> {
  try {
    return readBotConfig(process.env);
  } catch (error) {
    const url = process.env.REDIS_URL ?? "";
    if (!(error instanceof ConfigError) || !/^(rediss?|unix):\/\//.test(url)) throw error;
    throw new ConfigError([...error.problems, ...(await redisProblems(url))]);
  }
}

async function redisProblems(url: string): Promise<string[]> {
  const redis = connectRedis(url, "bot-check");
  try {
    await waitForRedis(redis, REDIS_WAIT_MS);
    return (await checkRedisFitness(redis)).problems;
  } catch (error) {
    return [`REDIS_URL: ${error instanceof Error ? error.message : String(error)}`];
  } finally {
    redis.disconnect();
  }
}

function fail(error: unknown, code: number): never {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(code);
}

main().catch((error: unknown) => {
  if (!(error instanceof ConfigError)) fail(error, 1);
  process.stderr.write(`${error.message}\n`);
  process.exit(EXIT_CONFIG);
});
