import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Resources } from "../../../src/settings/resources.ts";
import type { Group, Usage } from "../../../workers/limits/group.ts";
import { inForce } from "../../../workers/limits/in-force.ts";
import { watchUse } from "../../../workers/limits/watch-use.ts";

const MB = 1024 ** 2;

function watch(resources: Resources, usage: Usage, { ranOut = false, before = { peakRssBytes: 0, cpuMs: 0 } } = {}) {
  const seen = { usage, ranOut, at: [] as number[] };
  const group: Group = {
    joins: [],
    limit: () => undefined,
    read: () => {
      seen.at.push(performance.now());
      return seen.usage;
    },
    ranOutOfMemory: () => seen.ranOut,
    remove: async () => undefined,
  };
  const groups = {
    version: "cgroup1" as const,
    limits: new Set(["memory" as const]),
    open: () => group,
    has: () => true,
    names: () => [],
    close: () => undefined,
  };
  const told: string[] = [];
  const held = inForce(resources, { groups, countsByUser: true });
  const log = pino({ level: "silent" });
  const use = watchUse({ resources, held, group, processes: () => [], before, tell: (text) => told.push(text), log });
  onTestFinished(use.stop);
  return { use, told, seen };
}

const usage = (megabytes: number, cpuMs = 0): Usage => ({ memoryBytes: megabytes * MB, cpuMs, processes: 3 });

test("near the end of its memory that is told once, with what there is", () => {
  const { told, use, seen } = watch({ memoryMegabytes: 100 }, usage(95));
  expect(told).toEqual([expect.stringMatching(/use 95 MB of memory, and may use 100 MB/)]);
  seen.usage = usage(96);
  use.stop();
  expect(told).toHaveLength(1);
});

test("what was seen most stays, also of an earlier life of the host", () => {
  const { use } = watch({}, usage(5, 400), { before: { peakRssBytes: 50 * MB, cpuMs: 300 } });
  use.stop();
  expect(use.use()).toEqual({ peakRssBytes: 50 * MB, cpuMs: 400 });
});

test("a kernel that ended something for its memory is believed, and one that did not is not asked", async () => {
  expect(watch({ memoryMegabytes: 100 }, usage(10)).use.reached()).toBeUndefined();
  const { use } = watch({ memoryMegabytes: 100 }, usage(10), { ranOut: true });
  const over = { limit: "memory", used: 100 * MB, allowed: 100 * MB };
  expect(use.reached()).toEqual(over);
  expect(await use.over).toEqual(over);
});

test("processes that nobody else counts are counted by the host", async () => {
  const resources = { processes: 20 };
  const held = inForce(resources, { groups: undefined, countsByUser: false });
  expect(held).toEqual([{ what: "processes", most: 20, by: "watchdog" }]);
  const processes = () => Array.from({ length: 7 }, () => ({ ...own, threads: 3 }));
  const log = pino({ level: "silent" });
  const use = watchUse({ resources, held, group: undefined, processes, tell: () => undefined, log });
  onTestFinished(use.stop);
  expect(await use.over).toEqual({ limit: "processes", used: 21, allowed: 20 });
});

const own = { pid: process.pid, parent: 1, state: "S", start: "1", name: "node", workedMs: 0, threads: 1 };

test.each([
  ["works", 6],
  ["waits", 3],
])(
  "without limits, what %s is looked at %i times a minute at most, and all of a host's at the same moments",
  (what, times) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    let worked = 0;
    const growing = {
      ...usage(5),
      get cpuMs() {
        return what === "works" ? ++worked : 0;
      },
    };
    const all = [0, 1_700, 3_100].map((wait) => {
      vi.advanceTimersByTime(wait);
      return watch({}, growing).seen;
    });
    vi.advanceTimersByTime(60_000);
    const later = all.map(({ at }) => at.slice(1).map((each) => Math.round(each / 1_000)));
    // Waking up costs more than looking.
    expect(new Set(later.flat()).size).toBe(later[0]?.length);
    expect(later[0]?.length).toBeLessThanOrEqual(times);
    expect(later[0]?.length).toBeGreaterThanOrEqual(times - 1);
  },
);
