/** On a machine whose agents have used up all watches of their user. */
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followFile } from "../../../../workers/run/step/follow-file.ts";
import { watchSize } from "../../../../workers/run/step/watch-size.ts";

vi.mock("node:fs", async (original) => ({
  ...(await original<typeof import("node:fs")>()),
  watch() {
    throw Object.assign(new Error("too many open files, watch"), { code: "EMFILE" });
  },
}));

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "orch-watch-")), "out");
});
afterEach(() => rm(join(path, ".."), { recursive: true, force: true }));

test("what is written arrives all the same", async () => {
  await writeFile(path, "");
  const arrived = Promise.withResolvers<string>();
  const follower = await followFile(path, (chunk) => arrived.resolve(Buffer.from(chunk).toString()));
  await appendFile(path, "late");
  expect(await arrived.promise).toBe("late");
  await follower.close();
});

test("a file that grows too large is noticed all the same", async () => {
  const over = new AbortController();
  const grown = watchSize(path, 3, over.signal);
  await appendFile(path, "long");
  await grown;
  over.abort();
});
