import { describe, expect, test } from "vitest";
import { makeTurns } from "../../workers/turns.ts";

describe("the turns of a host's lanes", () => {
  const take = (turns: ReturnType<typeof makeTurns>, times: number) =>
    Array.from({ length: times }, () => turns.next());

  test("nothing is due before somebody says so, and what was looked at is not due again by itself", () => {
    const turns = makeTurns("own", ["a", "b"]);
    expect(turns.next()).toBeUndefined();
    turns.due("b");
    expect(take(turns, 2)).toEqual(["b", undefined]);
    turns.due();
    expect(take(turns, 4)).toEqual(["own", "a", "b", undefined]);
  });

  test("lanes that always have jobs take turns; the host's own goes first whenever it has one", () => {
    const turns = makeTurns("own", ["a", "b", "c"]);
    const seen: unknown[] = [];
    for (let look = 0; look < 9; look++) {
      turns.due("a");
      turns.due("b");
      turns.due("c");
      if (look === 4) turns.due("own");
      seen.push(turns.next());
    }
    expect(seen).toEqual(["a", "b", "c", "a", "own", "b", "c", "a", "b"]);
  });

  test("lanes of others are never due", () => {
    const turns = makeTurns("own", ["a"]);
    turns.due("orch-host-other");
    expect(turns.next()).toBeUndefined();
  });

  test("whoever waits is told when a lane becomes due, at once when one is, and when it is time to stop", async () => {
    const turns = makeTurns("own", ["a"]);
    const waits = turns.whenDue();
    turns.due("a");
    await waits;
    await turns.whenDue();
    turns.next();
    const stops = turns.whenDue();
    turns.wake();
    await stops;
    expect(turns.next()).toBeUndefined();
  });
});
