import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeTurn } from "../../../workers/run/turn.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("an agent that is to end its turn has some time to do so by itself; the next turn is another, and one that has its answer goes on", async () => {
  const turn = makeTurn();
  const over = vi.fn();
  turn.begin();
  void turn.over().then(over);
  turn.end();
  await vi.advanceTimersByTimeAsync(10_000);
  turn.end();
  expect(over).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(over).toHaveBeenCalledTimes(1);

  turn.begin();
  const next = vi.fn();
  void turn.over().then(next);
  turn.end();
  await vi.advanceTimersByTimeAsync(10_000);
  turn.begin();
  await vi.advanceTimersByTimeAsync(60_000);
  turn.end();
  turn.keep();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(next).not.toHaveBeenCalled();
});
