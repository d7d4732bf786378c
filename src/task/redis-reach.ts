/** Who else could reach the Redis that holds the tasks. */

/**
 * A warning when agents on this machine could write to the Redis at `url`: in this version they share the machine's
 * network, loopback included. A password or a unix socket keeps them out; undefined where there is one, or where Redis is
 * elsewhere (its network is the operator's to close).
 */
export function openRedisWarning(url: string): string | undefined {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) return undefined;
  const { hostname, password } = new URL(url);
  if (password || !isLoopback(hostname)) return undefined;
  return (
    "AGENTS CAN REACH THIS REDIS: REDIS_URL names an address of this machine without a password, and agents share its " +
    "network. One of them could read and change every task. Set a password (requirepass in redis.conf, " +
    "REDIS_URL=redis://:PASSWORD@127.0.0.1:6379), or let Redis listen on a unix socket only (port 0, unixsocketperm 600, " +
    "REDIS_URL=unix:///path/to/redis.sock)."
  );
}

/** 0.0.0.0 and an empty host lead to this machine as well. */
function isLoopback(hostname: string): boolean {
  return /^(|localhost|0\.0\.0\.0|127(\.\d+){3}|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/.test(hostname);
}
