import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { moveRef, readRef } from "../../../workers/integrate/move-ref.ts";
import { makeHostRepository } from "../../../workers/workspace/mirror.ts";
import { temporaryFolder } from "../workspace/support.ts";

const REF = "refs/remotes/origin/integration";
const [ONE, TWO, THREE] = ["1", "2", "3"].map((digit) => digit.repeat(40)) as [string, string, string];

function start() {
  const dir = join(temporaryFolder(), "store.git");
  makeHostRepository(dir, { [REF]: `${ONE}\n` });
  const move = (from: string, to: string) => moveRef({ dir, ref: REF, from, to });
  return { dir, lock: join(dir, `${REF}.lock`), move, at: () => readRef(dir, REF) };
}

test("a branch moves from where it is, and from nowhere else", async () => {
  const { dir, lock, move, at } = start();
  expect(await move(TWO, THREE)).toBe(false);
  expect(at()).toBe(ONE);
  expect(await move(ONE, TWO)).toBe(true);
  expect(at()).toBe(TWO);
  expect(existsSync(lock)).toBe(false);
  expect(readFileSync(join(dir, REF), "utf8")).toBe(`${TWO}\n`);
  expect(statSync(join(dir, REF)).mode & 0o777).toBe(0o644);
});

test("of two that move it at the same time from the same place, one does", async () => {
  const { move, at } = start();
  const moved = await Promise.all([move(ONE, TWO), move(ONE, THREE)]);
  expect(moved.filter((each) => each)).toHaveLength(1);
  expect(at()).toBe(moved[0] ? TWO : THREE);
});

test("whoever has the lock is waited for; one that was left is taken away", async () => {
  const { lock, move, at } = start();
  writeFileSync(lock, "");
  const moving = move(ONE, TWO);
  rmSync(lock);
  expect(await moving).toBe(true);
  writeFileSync(lock, `${THREE}\n`);
  const longAgo = Date.now() / 1_000 - 60;
  utimesSync(lock, longAgo, longAgo);
  expect(await move(TWO, ONE)).toBe(true);
  expect(at()).toBe(ONE);
});

test("what is no commit is no place for a branch, and leaves no lock", async () => {
  const { lock, move, at } = start();
  await expect(move(ONE, "main")).rejects.toThrow("commit id");
  expect(existsSync(lock)).toBe(false);
  expect(at()).toBe(ONE);
});
