/**
 * The embedded Redis, kept running: one that ends by itself is started again with what it had written. It ends itself where it
 * cannot write, as on a full disk, rather than acknowledge what it may lose; then the reserve makes room for it. Bot and worker
 * host wait meanwhile.
 */
import { setTimeout as delay } from "node:timers/promises";
import { isDiskFull } from "../workers/disk/free-space.ts";
import { waitForRoom } from "../workers/disk/room-to-start.ts";
import { AlreadyRunningError, type EmbeddedRedis, startEmbeddedRedis } from "./embedded-redis.ts";

export type KeptRedis = {
  url: string;
  /** Resolves when it ended and cannot be started again. */
  ended: Promise<void>;
  stop(): Promise<void>;
};

export type KeepOptions = {
  dataDir: string;
  say: (text: string) => void;
  onStart?: (pid: number) => void;
};

const RESTART_MS = 1_000;
/** One that ends again within so long of its start, ms, has not run. */
const SETTLED_MS = 60_000;
/** So often in a row; a full disk does not count. */
const MAX_FAILURES = 5;

/** Throws what `startEmbeddedRedis` throws. */
export async function keepRedis({ dataDir, say, onStart }: KeepOptions): Promise<KeptRedis> {
  const start = async () => {
    await waitForRoom({ dataDir, say, onRoom: () => say("There is room on the disk again: Redis starts") });
    const redis = await startEmbeddedRedis(dataDir);
    onStart?.(redis.pid);
    return redis;
  };
  let redis = await start();
  let stopping = false;

  async function keep(): Promise<void> {
    for (let failures = 0; failures < MAX_FAILURES; ) {
      const startedAt = performance.now();
      await redis.ended;
      if (stopping) return;
      if (performance.now() - startedAt > SETTLED_MS) failures = 0;
      failures += 1;
      say(
        "Redis has ended by itself, perhaps because the disk is full (its log is in the folder redis): started again",
      );
      const again = await startAgain();
      if (!again) return;
      redis = again;
    }
  }

  async function startAgain(): Promise<EmbeddedRedis | undefined> {
    for (let failures = 0; !stopping; ) {
      await delay(RESTART_MS);
      try {
        return await start();
      } catch (error) {
        if (!isDiskFull(error)) failures += 1;
        if (error instanceof AlreadyRunningError || failures >= MAX_FAILURES) {
          say(`Redis cannot be started again: ${error instanceof Error ? error.message : String(error)}`);
          return undefined;
        }
      }
    }
    return undefined;
  }

  const ended = keep();
  return {
    url: redis.url,
    ended,
    async stop() {
      stopping = true;
      await redis.stop();
      await ended;
    },
  };
}
