/**
 * Connections to Redis that fail at once instead of waiting for ever. A command sent while Redis is away is an error
 * for its caller, who can answer 503 or try again; it never queues up silently inside the client.
 */
import { Redis } from "ioredis";

/** A reply that takes longer than this is an error, ms. The command may still have been carried out: scripts are idempotent. */
const COMMAND_TIMEOUT_MS = 2_500;

/** ioredis wants the bare path of a unix socket; everything else it reads from the URL itself. */
function addressOf(url: string): string {
  return url.startsWith("unix://") ? url.slice("unix://".length) : url;
}

/**
 * Commands of one turn of the event loop leave in one write, in their order: a write costs more than everything else of a
 * command (measured at the ingress under load: 10 of 95 µs a delivery). ioredis' own `enableAutoPipelining` does the same for
 * twice the work.
 */
class RedisInOneGo extends Redis {
  override sendCommand(...args: Parameters<Redis["sendCommand"]>): unknown {
    const { stream } = this;
    if (stream && stream.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
    }
    return super.sendCommand(...args);
  }
}

export function connectRedis(url: string, name: string): Redis {
  const redis = new RedisInOneGo(addressOf(url), {
    connectionName: `orch-${name}`,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: 5_000,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  // Without a listener an unreachable Redis would end the process; every command reports its own failure anyway.
  redis.on("error", () => undefined);
  return redis;
}

/** Connection for subscriptions, and for whoever else has to wait until Redis is back. */
export function connectBlockingRedis(url: string, name: string): Redis {
  const redis = new Redis(addressOf(url), {
    connectionName: `orch-${name}`,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  redis.on("error", () => undefined);
  return redis;
}

/** Resolves when the connection can be used; rejects with the reason when it cannot within `timeoutMs`. */
export async function waitForRedis(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === "ready") return;
  let lastError: Error | undefined;
  const remember = (error: Error) => {
    lastError = error;
  };
  redis.on("error", remember);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new Error(`Redis does not answer: ${lastError?.message ?? "no connection"}`, { cause: lastError })),
    timeoutMs,
  );
  redis.once("ready", resolve);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    redis.off("ready", resolve);
    redis.off("error", remember);
  }
}
