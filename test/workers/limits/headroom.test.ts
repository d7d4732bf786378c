import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { HostInfo } from "../../../src/task/hosts.ts";
import { busyBetween, cpuTimes, freeMemory } from "../../../workers/limits/headroom.ts";
import { type Headroom, makeHeadroomKeeper } from "../../../workers/limits/keep-headroom.ts";
import { bothRooms } from "../../../workers/room.ts";

const MB = 1024 ** 2;
const MEMINFO = "MemTotal:       24684092 kB\nMemFree:        100 kB\nMemAvailable:   2048000 kB\n";

describe("what is free", () => {
  test("is what the kernel says is available", () => {
    expect(freeMemory({ v1: {} }, MEMINFO)).toBe(2_000 * MB);
  });

  test("is what its container may still have, what is kept of files included, where that is less", () => {
    const folder = mkdtempSync(join(tmpdir(), "orch-memory-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(folder, { recursive: true });
    const put = (name: string, text: string) => writeFileSync(join(folder, name), `${text}\n`);
    put("memory.max", String(1_000 * MB));
    put("memory.current", String(900 * MB));
    put("memory.stat", `anon 1\ninactive_file ${500 * MB}`);
    const places = { unified: { mount: folder, path: "/", folder }, v1: {} };
    expect(freeMemory(places, MEMINFO)).toBe(600 * MB);
    put("memory.max", "max");
    expect(freeMemory(places, MEMINFO)).toBe(2_000 * MB);
  });

  test("is that of version 1, where a limit that nobody has set is none", () => {
    const folder = mkdtempSync(join(tmpdir(), "orch-memory-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "memory.limit_in_bytes"), "9223372036854771712\n");
    writeFileSync(join(folder, "memory.usage_in_bytes"), "5\n");
    expect(freeMemory({ v1: { memory: folder } }, MEMINFO)).toBe(2_000 * MB);
  });
});

test("waiting for work, or for the disk, is not busy", () => {
  const before = cpuTimes("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 1\n");
  const now = cpuTimes("cpu  150 0 125 1000 25 0 0 0 50 0\n");
  expect(busyBetween(before, now)).toBe(25);
  expect(busyBetween(now, now)).toBe(0);
});

describe("beyond the operator's marks", () => {
  let told: HostInfo["strained"][];
  let machine: Headroom;
  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    machine = { freeBytes: 1_000 * MB, times: { all: 0, busy: 0 } };
  });
  afterEach(() => vi.useRealTimers());

  async function keep(limits: { freeMemoryMegabytes: number; busyPercent?: number }) {
    const announce = async ({ strained }: Pick<HostInfo, "strained">) => void told.push(strained);
    const log = pino({ level: "silent" });
    const keeper = makeHeadroomKeeper({ limits, places: { v1: {} }, announce, log, read: () => machine });
    onTestFinished(keeper.stop);
    await keeper.start();
    return keeper;
  }
  const pass = async (seconds: number, percent: number) => {
    for (let at = 0; at < seconds; at += 2) {
      const { all, busy } = machine.times;
      machine = { ...machine, times: { all: all + 200, busy: busy + 2 * percent } };
      await vi.advanceTimersByTimeAsync(2_000);
    }
  };

  test("no memory: no run begins until there is a little more than enough, and both is told once", async () => {
    const keeper = await keep({ freeMemoryMegabytes: 500 });
    machine.freeBytes = 499 * MB;
    await pass(6, 0);
    expect(keeper.isFree()).toBe(false);
    machine.freeBytes = 520 * MB;
    await pass(2, 0);
    expect(keeper.isFree()).toBe(false);
    const free = keeper.whenFree();
    machine.freeBytes = 600 * MB;
    await pass(2, 0);
    await free;
    const lacking = { memory: { freeBytes: 499 * MB, wantedBytes: 500 * MB } };
    expect(told).toEqual([lacking, undefined]);
  });

  test("busy for a moment is not busy, busy for a while is", async () => {
    const keeper = await keep({ freeMemoryMegabytes: 0, busyPercent: 80 });
    await pass(12, 10);
    await pass(4, 100);
    expect(keeper.isFree()).toBe(true);
    await pass(10, 100);
    expect(keeper.isFree()).toBe(false);
    expect(told.at(-1)).toMatchObject({ cpu: { mark: 80 } });
    await pass(14, 20);
    expect(keeper.isFree()).toBe(true);
  });

  test("without marks nothing keeps a run from beginning", async () => {
    machine.freeBytes = 0;
    const keeper = await keep({ freeMemoryMegabytes: 0 });
    await pass(20, 100);
    expect(keeper.isFree()).toBe(true);
    const closed = { isFree: () => false, whenFree: async () => undefined, wake: () => undefined };
    expect(bothRooms(keeper, closed).isFree()).toBe(false);
    expect(bothRooms(keeper, keeper).isFree()).toBe(true);
  });
});
