import { expect, test } from "vitest";
import { capsOf, mostOpenFiles } from "../../../workers/limits/caps.ts";
import { inForce } from "../../../workers/limits/in-force.ts";

const MB = 1024 ** 2;

test("no more files are asked for than the host itself may have: what asks for more does not start", () => {
  const here = mostOpenFiles();
  expect(here).toBeGreaterThan(100);
  expect(capsOf({ openFiles: 10 ** 9 }, [])).toEqual({ openFiles: Math.min(here, 10 ** 9) });
  expect(capsOf({ openFiles: 100 }, [])).toEqual({ openFiles: 100 });
});

test.each([
  ["Max open files            1024                 4096                 files     ", 4_096],
  ["Max open files            unlimited            unlimited            files     ", Number.POSITIVE_INFINITY],
])("%s", (line, most) => {
  expect(mostOpenFiles(`Max processes 1 2 processes\n${line}\n`)).toBe(most);
});

test("one process is bounded where only the host looks after the memory, and not where the kernel does", () => {
  const resources = { memoryMegabytes: 512 };
  const watched = inForce(resources, { groups: undefined, countsByUser: true });
  expect(capsOf(resources, watched)).toEqual({ memoryBytes: 512 * MB, dataBytes: 2_048 * MB });
  expect(capsOf(resources, [{ what: "memory", most: 512 * MB, by: "cgroup2" }])).toEqual({ memoryBytes: 512 * MB });
});
