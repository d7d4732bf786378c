import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { followFile } from "../../../../workers/run/step/follow-file.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-follow-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test("what was there and what comes later arrives once, in order, without asking", async () => {
  const path = join(dir, "out");
  await writeFile(path, "one ");
  let text = "";
  let arrived = Promise.withResolvers<void>();
  const follower = await followFile(path, (chunk) => {
    text += Buffer.from(chunk).toString();
    if (text.endsWith("three ")) arrived.resolve();
  });
  await follower.poke();
  expect(text).toBe("one ");
  await appendFile(path, "two ");
  await appendFile(path, "three ");
  await arrived.promise;
  arrived = Promise.withResolvers();
  await appendFile(path, "four");
  await follower.close();
  expect(text).toBe("one two three four");
  expect(follower.bytes()).toBe(18);
});

test("a second reader, as after a restart, reads the whole file again", async () => {
  const path = join(dir, "out");
  await writeFile(path, "x".repeat(300_000));
  const sizes: number[] = [];
  const follower = await followFile(path, (chunk) => sizes.push(chunk.length));
  await follower.close();
  expect(sizes.reduce((one, other) => one + other, 0)).toBe(300_000);
});

test("one that is stopped reads no further, however much there is", async () => {
  const path = join(dir, "out");
  await writeFile(path, "x".repeat(1_000_000));
  let stopping: Promise<void> | undefined;
  const follower = await followFile(path, () => {
    stopping ??= follower.stop();
  });
  await follower.poke();
  await stopping;
  expect(follower.bytes()).toBeLessThan(100_000);
  await follower.stop();
});

test("a file that is not there yet is made, so that nothing written to it is missed", async () => {
  const path = join(dir, "out");
  let text = "";
  const follower = await followFile(path, (chunk) => {
    text += Buffer.from(chunk).toString();
  });
  await appendFile(path, "late");
  await follower.poke();
  await follower.close();
  expect(text).toBe("late");
});
