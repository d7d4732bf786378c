import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { NODE_FLAGS } from "../../cli/node-flags.ts";

const run = promisify(execFile);

/** Hundreds of functions that are called often enough to be compiled, and an end in the middle of it. */
const BUSY = `
const hot = Array.from({ length: 300 }, (_, name) =>
  new Function("a", "b", "let sum = 0; const point = { x" + name + ": a, y: b }; for (let k = 0; k < 60; k++) { sum += point.x" + name + " * k + b; sum += [sum, point, k].length; } return sum"));
const until = performance.now() + Number(process.argv[1]);
let total = 0;
let kept = [];
while (performance.now() < until) {
  for (const each of hot) total += each(1, 2);
  kept = kept.length > 50 ? [] : [...kept, new Array(200).fill(total)];
}
process.exit(0);`;

/** A program that hangs is ended then, and fails the test; one that does not takes a tenth of a second. */
const HANGS_MS = 20_000;

test("a busy program with the flags of bot and worker host ends when it exits", async () => {
  for (const busyMs of [30, 45, 60, 75, 90]) {
    const options = { timeout: HANGS_MS, killSignal: "SIGKILL" as const };
    const ending = run(process.execPath, [...NODE_FLAGS, "-e", BUSY, String(busyMs)], options);
    await expect(ending, `after ${busyMs} ms of work`).resolves.toBeTruthy();
  }
}, 60_000);
