import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SandboxDriver } from "../../../workers/sandbox/confinement.ts";
import {
  makeTalkFolder,
  openTalkPlace,
  removeOtherTalkFolders,
  seenFrom,
  type TalkPlace,
} from "../../../workers/talk-back/talk-place.ts";
import { testFolder } from "./talking.ts";

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

function placeIn(dir: string): TalkPlace {
  const place = openTalkPlace(dir);
  if (!place) throw new Error("there is no Perl on this machine");
  return place;
}

test("without Perl there is no place, and nothing is made", () => {
  const dir = testFolder();
  expect(openTalkPlace(dir, join(dir, "no-perl"))).toBeUndefined();
  expect(readdirSync(dir)).toEqual([]);
});

test("the program is there for everybody, and replaced as a new file", () => {
  const dir = testFolder();
  const program = join(placeIn(dir).bin, "orch-agent");
  expect(modeOf(program)).toBe("755");
  writeFileSync(program, "older");
  const { ino } = statSync(program);
  placeIn(dir);
  expect(statSync(program).ino).not.toBe(ino);
  expect(readFileSync(program, "utf8")).toContain("#!/usr/bin/perl");
  expect(readdirSync(join(dir, "agent-bin"))).toEqual(["orch-agent"]);
});

test("a run's folder lets in nobody but the user of its slot, and stays the same folder", () => {
  const place = placeIn(testFolder());
  const folder = makeTalkFolder(place, "t1-1", { slot: 0 });
  expect([modeOf(place.dir), modeOf(folder)]).toEqual(["711", "700"]);
  const { ino } = statSync(folder);
  expect(statSync(makeTalkFolder(place, "t1-1", { slot: 0 })).ino).toBe(ino);
});

test.runIf(process.getuid?.() === 0)("where slots have users of their own it is the slot's group that may pass", () => {
  const folder = makeTalkFolder(placeIn(testFolder()), "t1-1", { slot: 0, uid: 61_000, gid: 61_000 });
  const { uid, gid } = statSync(folder);
  expect([uid, gid, modeOf(folder)]).toEqual([0, 61_000, "2710"]);
});

test("after a restart the folders of runs that do not go on are removed", () => {
  const place = placeIn(testFolder());
  for (const id of ["t1-1", "t2-1"]) mkdirSync(join(makeTalkFolder(place, id, { slot: 0 }), "more"));
  removeOtherTalkFolders(place, new Set(["t2-1"]));
  expect(readdirSync(place.dir)).toEqual(["t2-1"]);
  expect(existsSync(place.bin)).toBe(true);
});

test("a sandbox shows both folders read-only in short places, without one they are where they are", () => {
  const place = placeIn(testFolder());
  const driver = (workspaceAt?: string): SandboxDriver => ({
    name: workspaceAt ? "bwrap" : "none",
    wrap: () => [],
    ...(workspaceAt && { workspaceAt }),
  });
  expect(seenFrom(driver("/workspace"), place, "t1-1")).toEqual({
    mounts: [
      { source: join(place.dir, "t1-1"), target: "/run/orch/talk" },
      { source: place.bin, target: "/run/orch/bin" },
    ],
    env: { ORCH_SOCKET: "/run/orch/talk/s" },
    bin: "/run/orch/bin",
    bridge: ["/run/orch/bin/orch-agent", "mcp"],
  });
  expect(seenFrom(driver(), place, "t1-1")).toMatchObject({
    mounts: [],
    env: { ORCH_SOCKET: join(place.dir, "t1-1", "s") },
  });
});
