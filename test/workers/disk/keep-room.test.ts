import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Resources } from "../../../src/settings/resources.ts";
import type { HostInfo } from "../../../src/task/hosts.ts";
import type { Space } from "../../../workers/disk/free-space.ts";
import { makeRoomKeeper } from "../../../workers/disk/keep-room.ts";
import { reserveFile } from "../../../workers/disk/reserve.ts";
import type { RoomKeeper } from "../../../workers/room.ts";
import type { Interruption } from "../../../workers/run/interruption.ts";
import type { Run, Shared } from "../../../workers/run/run.ts";

const MB = 1024 ** 2;
const GB = 1024 * MB;
let dataDir: string;
let space: Space;
let told: HostInfo["lacksRoom"][];
let keeper: RoomKeeper | undefined;
let redisIsAway: boolean;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "orch-room-"));
  await mkdir(join(dataDir, "host", "mirrors"), { recursive: true });
  space = { freeBytes: 10 * GB, usedBytes: 5 * GB };
  told = [];
  redisIsAway = false;
});
afterEach(async () => {
  keeper?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** The mark is 400 MB, the reserve 100 MB, and below 50 MB the disk is full. */
async function keep(runs: Run[] = []): Promise<RoomKeeper> {
  const limits = { freeDiskGigabytes: 400 / 1024, runDiskGigabytes: 1 / 1024, keepFailedDays: 3, keepSessionDays: 7 };
  const shared = {
    dataDir,
    operator: { limits, roles: new Map(), agents: new Map() },
    log: pino({ level: "silent" }),
  } as unknown as Shared;
  keeper = makeRoomKeeper({
    shared,
    slots: { runs: () => runs, run: () => undefined },
    announce: async ({ lacksRoom }) => {
      if (redisIsAway) throw new Error("Redis is away");
      told.push(lacksRoom);
    },
    space: async () => space,
  });
  await keeper.start();
  return keeper;
}

async function runWith(
  taskId: string,
  megabytes: number,
  prepared?: { limits: Resources },
): Promise<{ run: Run; interrupted: Interruption[] }> {
  const workspace = join(dataDir, "host", "workspaces", taskId);
  await mkdir(workspace, { recursive: true });
  await writeFile(join(workspace, "pile"), Buffer.alloc(megabytes * MB, 1));
  const interrupted: Interruption[] = [];
  const run = {
    ...{
      task: { spec: { id: taskId } },
      folder: { dir: workspace, record: { prepared } },
      signal: new AbortController().signal,
    },
    ...{ log: pino({ level: "silent" }), interrupt: (interruption: Interruption) => interrupted.push(interruption) },
  };
  return { run: run as unknown as Run, interrupted };
}

test("below the mark no job is taken, and a little above it jobs are taken again: it does not change its mind with each file", async () => {
  space.freeBytes = 399 * MB;
  const room = await keep();
  expect(room.isFree()).toBe(false);
  expect(told).toEqual([{ freeBytes: 399 * MB, wantedBytes: 400 * MB }]);
  let isFree = false;
  const free = room.whenFree().then(() => {
    isFree = true;
  });
  space.freeBytes = 420 * MB;
  await expect.poll(() => room.isFree(), { timeout: 2_000 }).toBe(false);
  expect(isFree).toBe(false);
  space.freeBytes = 441 * MB;
  await free;
  expect(room.isFree()).toBe(true);
  await expect.poll(() => told.at(-1)).toBeUndefined();
  expect(told).toHaveLength(2);
});

test("a Redis that is away is told when it is back", async () => {
  redisIsAway = true;
  space.freeBytes = 100 * MB;
  const room = await keep();
  expect(room.isFree()).toBe(false);
  redisIsAway = false;
  await expect.poll(() => told, { timeout: 5_000 }).toHaveLength(1);
});

test("the reserve is made where there is plenty of room, and given up when the disk is full", async () => {
  await keep();
  await expect.poll(() => existsSync(reserveFile(dataDir)), { timeout: 5_000 }).toBe(true);
  space.freeBytes = 49 * MB;
  await expect.poll(() => existsSync(reserveFile(dataDir)), { timeout: 5_000 }).toBe(false);
});

test("a run that has more than its cap is ended, the one beside it is not", async () => {
  const [large, small] = [await runWith("taaaaaaaaaaaaaaa", 2), await runWith("tbbbbbbbbbbbbbbb", 0)];
  await keep([large.run, small.run]);
  const message = expect.stringMatching(/it had \d MB on the disk, and may have 1 MB/);
  expect(large.interrupted).toEqual([{ kind: "disk", message }]);
  expect(small.interrupted).toEqual([]);
});

test("a run whose repository gives it less is ended at that", async () => {
  const modest = await runWith("tccccccccccccccc", 1, { limits: { runDiskGigabytes: 0.5 / 1024 } });
  await keep([modest.run]);
  expect(modest.interrupted).toMatchObject([{ kind: "disk", message: expect.stringContaining("may have 512 kB") }]);
});

test("a disk that something else fills ends no run", async () => {
  const run = await runWith("taaaaaaaaaaaaaaa", 0);
  space.freeBytes = 0;
  await keep([run.run]);
  expect(run.interrupted).toEqual([]);
});
