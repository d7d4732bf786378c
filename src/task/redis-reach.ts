/** Who else could reach the Redis that holds the tasks. */

/**
 * A warning when agents could write to the Redis at `url`: in this version they share their machine's network, from loopback
 * to whatever the machine itself can reach. A password or a unix socket keeps them out; undefined where there is one.
 */
export function openRedisWarning(url: string): string | undefined {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url) || new URL(url).password) return undefined;
  return (
    "AGENTS CAN REACH THIS REDIS: REDIS_URL names it without a password, and agents share the network of their worker " +
    "host. One of them could read and change every task. Set a password (requirepass in redis.conf, " +
    "REDIS_URL=redis://:PASSWORD@HOST:6379), or, on one machine, let Redis listen on a unix socket only (port 0, " +
    "unixsocketperm 600, REDIS_URL=unix:///path/to/redis.sock)."
  );
}
