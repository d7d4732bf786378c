import { pino } from "pino";
import { expect, test } from "vitest";
import type { ArmCounts } from "../../src/history/arms.ts";
import { makeArmSource } from "../../src/routing/arm-source.ts";
import { armCounts } from "./arm-counts.ts";

const log = pino({ level: "silent" });
const MINUTE = 60_000;

test("what is known is read once a minute, and nobody waits for that but the first", async () => {
  let at = 0;
  let reads = 0;
  const gates: PromiseWithResolvers<ArmCounts[]>[] = [];
  const read = () => {
    reads += 1;
    const gate = Promise.withResolvers<ArmCounts[]>();
    gates.push(gate);
    return gate.promise;
  };
  const source = makeArmSource({ read, now: () => at, log });
  const first = source();
  gates[0]?.resolve([armCounts({ tasks: 1 })]);
  expect(await first).toMatchObject([{ tasks: 1 }]);
  await source();
  expect(reads).toBe(1);
  at = MINUTE;
  expect(await source()).toMatchObject([{ tasks: 1 }]);
  expect(reads).toBe(2);
  gates[1]?.resolve([armCounts({ tasks: 2 })]);
  await gates[1]?.promise;
  expect(await source()).toMatchObject([{ tasks: 2 }]);
});

test("what cannot be read is not known, at first and after a quarter of an hour; until then what was read before counts", async () => {
  let at = 0;
  let broken = true;
  const read = async () => {
    if (broken) throw new Error("the disk is gone");
    return [armCounts()];
  };
  const source = makeArmSource({ read, now: () => at, log });
  expect(await source()).toBeUndefined();
  broken = false;
  at = MINUTE;
  expect(await source()).toHaveLength(1);
  broken = true;
  at = 3 * MINUTE;
  expect(await source()).toHaveLength(1);
  at = 30 * MINUTE;
  expect(await source()).toBeUndefined();
});
