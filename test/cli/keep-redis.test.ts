import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type KeptRedis, keepRedis } from "../../cli/keep-redis.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeReserve } from "../../workers/disk/make-reserve.ts";
import { reserveFile } from "../../workers/disk/reserve.ts";
import { MB, noSmallDisk, type SmallDisk, smallDisk } from "../support/small-disk.ts";

const ending: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function keep(dataDir: string): Promise<{ kept: KeptRedis; said: string[]; pids: number[] }> {
  const said: string[] = [];
  const pids: number[] = [];
  const kept = await keepRedis({ dataDir, say: (text) => said.push(text), onStart: (pid) => pids.push(pid) });
  ending.push(kept.stop);
  return { kept, said, pids };
}

async function connected(url: string) {
  const redis = connectRedis(url, "test");
  ending.push(() => redis.disconnect());
  await waitForRedis(redis, 10_000);
  return redis;
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "orch-keep-"));
  ending.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test("a Redis that ends by itself is started again with what it had", async () => {
  const { kept, said, pids } = await keep(await folder());
  const redis = await connected(kept.url);
  await redis.set("kept", "yes");
  process.kill(pids[0] ?? 0, "SIGKILL");
  await expect.poll(() => redis.get("kept").catch(() => undefined), { timeout: 10_000 }).toBe("yes");
  expect(said).toEqual([expect.stringContaining("Redis has ended by itself")]);
});

test.skipIf(noSmallDisk)(
  `on a full disk Redis loses nothing that it acknowledged, and goes on with the reserve ${noSmallDisk ?? ""}`,
  async () => {
    const [dir, disk] = await small(64);
    const { kept } = await keep(dir);
    expect(await makeReserve(dir, 16 * MB)).toBe(true);
    const redis = await connected(kept.url);
    disk.fill(0);
    let acknowledged = 0;
    // Until it cannot write any more, which ends it, and then until it takes writes again.
    for (let failed = false; acknowledged < 20 || !failed; ) {
      try {
        await redis.rpush("list", "x".repeat(100_000));
        acknowledged += 1;
      } catch {
        failed = true;
        await waitForRedis(redis, 20_000);
      }
    }
    expect(existsSync(reserveFile(dir))).toBe(false);
    expect(await redis.llen("list")).toBeGreaterThanOrEqual(acknowledged);
  },
);

test.skipIf(noSmallDisk)(`a start on a full disk waits for room and says so, once ${noSmallDisk ?? ""}`, async () => {
  const [dir, disk] = await small(32);
  disk.fill(0);
  const said: string[] = [];
  const starting = keepRedis({ dataDir: dir, say: (text) => said.push(text) });
  await expect.poll(() => said).toEqual([expect.stringMatching(/is full .* waiting for room/)]);
  disk.clear();
  const kept = await starting;
  ending.push(kept.stop);
  expect(await (await connected(kept.url)).ping()).toBe("PONG");
  expect(said).toHaveLength(2);
});

async function small(megabytes: number): Promise<[string, SmallDisk]> {
  const dir = join(await folder(), "data");
  const disk = smallDisk(dir, megabytes);
  ending.push(disk.remove);
  return [dir, disk];
}
