import { expect, test } from "vitest";
import { checkLimits } from "../../../cli/doctor/limits.ts";
import { parseOperatorFile } from "../../../workers/operator-file.ts";

const operator = (limits: string) =>
  parseOperatorFile(`agents: { a: { kind: plain, command: [coder] } }\nlimits: { ${limits} }\n`, "orch.yml");
const nowhere = { v1: {} };

test("without control groups the watchdog holds, and what to do for them is said", () => {
  const [mechanism, held] = checkLimits(operator("cpuPercent: 50, memoryMegabytes: 512"), nowhere);
  expect(mechanism).toMatchObject({ status: "note", detail: expect.stringContaining("the host's watchdog") });
  expect(mechanism?.remedy).toMatch(/as root, or .*DelegateSubgroup=host/);
  expect(held?.detail).toBe(
    "at most 50 % of a core, 512 MB of memory, 20 GB on the disk (the host's watchdog), 4,096 processes (the kernel's limits); no limit of open files",
  );
});

test("what nobody has limited is said", () => {
  expect(checkLimits(operator(""), nowhere)[1]?.detail).toMatch(/; no limit of processor time, memory, open files$/);
});

test("a machine with too little memory for a run is a problem, with what to do", () => {
  const [, , memory] = checkLimits(operator("freeMemoryMegabytes: 90000000"), nowhere);
  expect(memory).toMatchObject({ name: "memory", status: "problem", detail: expect.stringContaining("takes no task") });
  expect(memory?.remedy).toContain("limits.freeMemoryMegabytes");
  expect(checkLimits(operator("freeMemoryMegabytes: 0"), nowhere)).toHaveLength(2);
});
