import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { proxyUid, slotUsers, trialUser, unreachablePaths } from "../../../workers/sandbox/slot-users.ts";

test("gives each slot of a root host a uid of its own", async () => {
  expect(await slotUsers(2, 0, 61_000)).toEqual([
    { slot: 0, uid: 61_000, gid: 61_000 },
    { slot: 1, uid: 61_001, gid: 61_001 },
  ]);
});

test("gives the slots of an ordinary host its own user", async () => {
  expect(await slotUsers(2, 1_000)).toEqual([{ slot: 0 }, { slot: 1 }]);
});

test("tries a sandbox, and runs the proxy, as users whom no slot has, the same however many slots there are", async () => {
  for (const slots of [1, 2, 50]) {
    const users = await slotUsers(slots, 0, 61_000);
    expect(trialUser(users)).toEqual({ slot: slots, uid: 60_999, gid: 60_999 });
    expect(proxyUid(users)).toBe(60_998);
  }
  const ordinary = await slotUsers(2, 1_000);
  expect([trialUser(ordinary), proxyUid(ordinary)]).toEqual([{ slot: 2 }, undefined]);
  await expect(slotUsers(1, 0, 65_536)).rejects.toThrow(/uid 65534.*nobody.*It needs 65534 to 65536/);
});

test("refuses uids that belong to somebody", async () => {
  await expect(slotUsers(1, 0, 65_534)).rejects.toThrow(/uid 65534.*nobody/);
  await expect(slotUsers(1, 0, 1_001)).rejects.toThrow(/cannot use uid 999: .*It needs 999 to 1001/);
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
