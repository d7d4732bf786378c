/**
 * The bot's program. Tells all problems of its settings and its Redis at once, and then does not start. SIGTERM or SIGINT
 * ends it in order; a second signal ends it at once, which is safe too: everything that counts is in Redis.
 */
import { once } from "node:events";
import { flushCompileCache } from "node:module";
import { makeBot } from "./bot.ts";
import { type BotConfig, ConfigError, readBotConfig } from "./config.ts";
import { PortInUseError } from "./listen.ts";
import { connectRedis, waitForRedis } from "./task/redis.ts";
import { checkRedisFitness } from "./task/redis-fitness.ts";

/** EX_CONFIG of sysexits.h: starting again cannot help. */
const EXIT_CONFIG = 78;
const REDIS_WAIT_MS = 3_000;

async function main(): Promise<void> {
  const config = await readSettings();
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  const bot = await makeBot(config, { signal: stopping.signal }).catch((error: unknown) => {
    if (stopping.signal.aborted) process.exit(0); // told to stop while it started, which is no failure
    throw error;
  });
  process.stdout.write(`Orch's bot is listening on ${bot.url}\n`);
  if (bot.dashboardUrl !== undefined)
    process.stdout.write(`The dashboard is on ${bot.dashboardUrl}: orch dashboard prints a link to sign in\n`);
  if (bot.apiUrl !== undefined) process.stdout.write(`Other programs may ask on ${bot.apiUrl}\n`);
  // Node does so at the end only, which a bot that is killed does not have: the next one would compile everything again.
  flushCompileCache();
  if (!stopping.signal.aborted) await once(stopping.signal, "abort");
  await bot.stop();
  process.exit(0);
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

main().catch((error: unknown) => {
  const isForPeople = error instanceof ConfigError || error instanceof PortInUseError;
  const text = isForPeople ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
});
