import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { slotUsers, trialUser, unreachablePaths } from "../../../workers/sandbox/slot-users.ts";

test("gives each slot of a root host a uid of its own", async () => {
  expect(await slotUsers(2, 0, 61_000)).toEqual([
    { slot: 0, uid: 61_000, gid: 61_000 },
    { slot: 1, uid: 61_001, gid: 61_001 },
  ]);
});

test("gives the slots of an ordinary host its own user", async () => {
  expect(await slotUsers(2, 1_000)).toEqual([{ slot: 0 }, { slot: 1 }]);
});

test("tries a sandbox as a user whom no slot has, so that no step's end ends the trial", async () => {
  expect(trialUser(await slotUsers(2, 0, 61_000))).toEqual({ slot: 2, uid: 61_002, gid: 61_002 });
  expect(trialUser(await slotUsers(2, 1_000))).toEqual({ slot: 2 });
  await expect(slotUsers(1, 0, 65_533)).rejects.toThrow(/uid 65534.*nobody/);
});

test("refuses uids that belong to somebody", async () => {
  await expect(slotUsers(1, 0, 65_534)).rejects.toThrow(/uid 65534.*nobody/);
  await expect(slotUsers(1, 0, 0)).rejects.toThrow(/uid 0/);
});

test("says which folder forbids the way to a mount, and what to do", async () => {
  const dir = await mkdtemp(join(tmpdir(), "orch-reach-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, "open", "inside"), { recursive: true });
  await chmod(dir, 0o711);
  const user = { slot: 0, uid: 51_000, gid: 51_000 };
  const mounts = [{ source: join(dir, "open", "inside") }];
  expect(await unreachablePaths(user, mounts)).toEqual([]);
  await chmod(join(dir, "open"), 0o700);
  expect(await unreachablePaths(user, mounts)).toMatchObject([
    { blockedBy: join(dir, "open"), remedy: expect.stringContaining(`chmod o+x ${join(dir, "open")}`) },
  ]);
  expect(await unreachablePaths({ slot: 0 }, mounts)).toEqual([]);
  expect(await unreachablePaths(user, [{ source: join(dir, "nothing") }])).toMatchObject([
    { blockedBy: join(dir, "nothing") },
  ]);
});
