import { expect, test } from "vitest";
import { makeBrake } from "../../../workers/limits/brake.ts";

/** A machine with one process that takes `cores` of a core whenever it is let. Gives the share that it got. */
function sharesOf(cpuPercent: number, cores: number, ms = 20_000): { share: number; looks: number; longest: number } {
  const process = { pid: 7, state: "R" };
  const brake = makeBrake(
    cpuPercent,
    () => [process],
    (_, name) => {
      process.state = name === "SIGSTOP" ? "T" : "R";
    },
  );
  let [at, worked, looks, since, longest] = [0, 0, 0, 0, 0];
  while (at < ms) {
    const wait = brake.look(at, worked);
    looks += 1;
    at += wait;
    if (process.state === "R") [worked, since] = [worked + wait * cores, at];
    else if (at > 10_000) longest = Math.max(longest, at - since);
  }
  return { share: (100 * worked) / at, looks, longest };
}

test.each([
  { percent: 40, cores: 1 },
  { percent: 50, cores: 1 },
  { percent: 60, cores: 2 },
  { percent: 150, cores: 2 },
])("who would take $cores gets $percent percent of a core", ({ percent, cores }) => {
  const { share } = sharesOf(percent, cores);
  expect(share).toBeGreaterThan(percent * 0.95);
  expect(share).toBeLessThan(percent * 1.1);
});

test("who takes all of a large machine is stopped for two seconds at a time, and not for ten", () => {
  const { share, longest } = sharesOf(40, 16, 60_000);
  expect(share).toBeLessThan(45);
  expect(longest).toBeLessThan(2_500);
});

test("who uses little is looked at seldom, and never stopped", () => {
  const { share, looks } = sharesOf(50, 0.05);
  expect(share).toBeCloseTo(5, 0);
  expect(looks).toBeLessThan(25);
});

test("who was stopped by an earlier life of the host goes on, and nobody stays stopped", () => {
  const sent: string[] = [];
  const brake = makeBrake(
    50,
    () => [{ pid: 7, state: "T" }],
    (_, name) => sent.push(name),
  );
  brake.look(0, 0);
  expect(sent).toEqual(["SIGCONT"]);
  brake.look(100, 1_000);
  brake.release();
  brake.release();
  expect(sent).toEqual(["SIGCONT", "SIGCONT"]);
});
