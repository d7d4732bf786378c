/** Each folder of the network has the owner and the mode that keeps everybody else out, however the host was started. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { CONTROL_DIR, OUTLETS_DIR, outletFiles } from "../../../workers/network/outlet-files.ts";
import { makeFolders, placeOutlet } from "../../../workers/network/outlet-folders.ts";
import { AS_ROOT } from "../support/machine.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-folders-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Nobody has an account with these. */
const [PROXY, OTHER, SLOT] = [3_000_000_001, 3_000_000_002, 3_000_000_003];
const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
const owner = (path: string) => [statSync(path).uid, statSync(path).gid];

/** What the files of this test are made with, whatever umask the tests run with. */
function withUmask(mask: number): void {
  const before = process.umask(mask);
  onTestFinished(() => void process.umask(before));
}

test.each([0o077, 0])("the folders have their modes also with the umask %o", (mask) => {
  withUmask(mask);
  makeFolders(dir, undefined);
  expect(placeOutlet(dir, "task-1", undefined, { slot: 0 })).toBe(outletFiles(dir, "task-1").out);
  // Passed through by those who know what they look for, and otherwise the host's.
  expect([mode(dir), mode(join(dir, OUTLETS_DIR)), mode(outletFiles(dir, "task-1").dir)]).toEqual([
    "711",
    "751",
    "711",
  ]);
  expect(mode(join(dir, CONTROL_DIR))).toBe("700");
  // One user for all: his group is not let in.
  expect([mode(outletFiles(dir, "task-1").state), mode(outletFiles(dir, "task-1").out)]).toEqual(["700", "700"]);
});

test("folders that are there already get their modes again", () => {
  makeFolders(dir, undefined);
  placeOutlet(dir, "task-1", undefined, { slot: 0 });
  const { dir: outlet, out, state } = outletFiles(dir, "task-1");
  for (const path of [state, out, outlet, join(dir, CONTROL_DIR), join(dir, OUTLETS_DIR), dir]) chmodSync(path, 0o777);
  makeFolders(dir, undefined);
  placeOutlet(dir, "task-1", undefined, { slot: 0 });
  const paths = [dir, join(dir, OUTLETS_DIR), join(dir, CONTROL_DIR), outlet, state, out];
  expect(paths.map(mode)).toEqual(["711", "751", "700", "711", "700", "700"]);
});

test.runIf(AS_ROOT)("the proxy gets its own folders, and a slot's group passes to its socket alone", () => {
  withUmask(0o077);
  makeFolders(dir, PROXY);
  placeOutlet(dir, "task-1", PROXY, { slot: 0, uid: SLOT, gid: SLOT });
  const { dir: outlet, out, state } = outletFiles(dir, "task-1");
  const paths = [dir, join(dir, OUTLETS_DIR), join(dir, CONTROL_DIR), outlet, state, out];
  expect(paths.map(mode)).toEqual(["711", "751", "700", "711", "700", "2710"]);
  expect(owner(join(dir, OUTLETS_DIR))).toEqual([0, PROXY]);
  expect(owner(outlet)).toEqual([0, 0]);
  expect([join(dir, CONTROL_DIR), state].map(owner)).toEqual([0, 1].map(() => [PROXY, PROXY]));
  expect(owner(out)).toEqual([PROXY, SLOT]);
});

test.runIf(AS_ROOT)(
  "what an earlier proxy has left becomes the next one's: no more than that, and also where a part of it is missing",
  () => {
    makeFolders(dir, OTHER);
    for (const id of ["half", "whole"]) placeOutlet(dir, id, OTHER, { slot: 0, uid: SLOT, gid: SLOT });
    for (const part of ["out", "state"] as const) rmSync(outletFiles(dir, "half")[part], { recursive: true });
    const { out, state, policy } = outletFiles(dir, "whole");
    writeFileSync(policy, "{}");
    const elsewhere = join(dir, "elsewhere");
    writeFileSync(elsewhere, "the host's");
    symlinkSync(elsewhere, join(state, "counts-1.json"));
    symlinkSync("nowhere", join(state, "counts-2.json"));
    makeFolders(dir, PROXY);
    expect([owner(out), owner(state), owner(policy)]).toEqual([
      [PROXY, SLOT],
      [PROXY, OTHER],
      [PROXY, PROXY],
    ]);
    expect(owner(elsewhere)).toEqual([0, 0]);
  },
);

test.each(["../escape", "", ".", "A", "-a", "a/b", "a".repeat(101)])("%j is no outlet's id", (id) => {
  makeFolders(dir, undefined);
  mkdirSync(join(dir, "escape"));
  expect(() => placeOutlet(dir, id, undefined, { slot: 0 })).toThrow("not the id of an outlet");
});
