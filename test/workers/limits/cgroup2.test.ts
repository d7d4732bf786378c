/** Version 2 on folders as they were recorded of machines that have it; what of it every kernel has, on the real one. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Resources } from "../../../src/settings/resources.ts";
import { type CgroupPlaces, findCgroups } from "../../../workers/limits/cgroup-places.ts";
import { findBase, openGroup, openGroups2 } from "../../../workers/limits/cgroup2.ts";
import { MB } from "../../../workers/limits/group.ts";
import { isGone } from "../support/machine.ts";

let mount: string;

beforeEach(() => {
  mount = mkdtempSync(join(tmpdir(), "orch-cgroup2-"));
  onTestFinished(() => rmSync(mount, { recursive: true, force: true }));
});

/** A group with the files that the kernel gives each. */
function group(
  path: string,
  { controllers = "cpu memory pids", procs = "", files = {} as Record<string, string> } = {},
) {
  const folder = join(mount, path);
  mkdirSync(folder, { recursive: true });
  const all = {
    "cgroup.procs": procs,
    "cgroup.controllers": controllers,
    "cgroup.subtree_control": "",
    ...(path !== "" && { "cgroup.type": "domain" }),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), `${text}\n`);
  return folder;
}

const at = (path: string): CgroupPlaces => ({
  unified: { mount, path, folder: path === "/" ? mount : join(mount, path) },
  v1: {},
});

describe("where groups are made", () => {
  test("beside the host, where systemd handed it a group and put it into one of its own there", () => {
    const own = group("system.slice/orch.service");
    group("system.slice/orch.service/host", { procs: "123" });
    expect(findBase(at("/system.slice/orch.service/host"))).toEqual({ folder: own, evacuate: false });
  });

  test("nowhere, where the host stands in the very group that was handed to it: the next start would not come to stand there", () => {
    group("system.slice", { procs: "" });
    rmSync(join(mount, "system.slice", "cgroup.subtree_control"));
    group("system.slice/orch.service", { procs: "123" });
    expect(findBase(at("/system.slice/orch.service"))).toMatchObject({ why: expect.stringContaining("very group") });
  });

  test("in a container, below its root, from which all that is there is moved away", () => {
    group("", { procs: "1\n7" });
    writeFileSync(join(mount, "cgroup.type"), "domain\n");
    expect(findBase(at("/"))).toEqual({ folder: mount, evacuate: true });
  });

  test("below a machine's own root, which may have processes", () => {
    group("", { procs: "1" });
    expect(findBase(at("/"))).toEqual({ folder: mount, evacuate: false });
  });

  test("nowhere, where version 1 has the controllers", () => {
    group("", { controllers: "hugetlb" });
    expect(findBase(at("/"))).toMatchObject({ why: expect.stringContaining("not in the unified") });
    expect(openGroups2(at("/"), "orch-x")).toBeUndefined();
  });

  test("nowhere, where there is no version 2", () => {
    expect(findBase({ v1: {} })).toMatchObject({ why: expect.stringContaining("not mounted") });
  });
});

test("limits are written as the kernel wants them: all programs are ended at once, and none is slowed down before", () => {
  const names = ["cpu.max", "memory.high", "memory.max", "memory.swap.max", "memory.oom.group", "pids.max"];
  const folder = group("orch/run", { files: Object.fromEntries(names.map((name) => [name, ""])) });
  const opened = openGroup(folder, new Set(["cpu", "memory", "processes"]));
  opened.limit({ cpuPercent: 50, memoryMegabytes: 200, processes: 100 });
  const said = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8").trim()]));
  expect(said).toEqual({
    "cpu.max": "50000 100000",
    "memory.high": "",
    "memory.max": String(200 * MB),
    "memory.swap.max": "0",
    "memory.oom.group": "1",
    "pids.max": "116",
  });
});

test("what is used is what its processes hold, and an end for want of memory is the group's own", () => {
  const files = {
    "cpu.stat": "usage_usec 1500000\nuser_usec 1000000",
    "memory.stat": "anon 1000\nfile 99999\nshmem 24",
    "memory.events": "low 0\nhigh 3\nmax 9\noom 1\noom_kill 2",
    "pids.current": "7",
  };
  const folder = group("orch/run", { files });
  const opened = openGroup(folder, new Set(["memory"]));
  expect(opened.read()).toEqual({ memoryBytes: 1_024, cpuMs: 1_500, processes: 7 });
  expect(opened.ranOutOfMemory()).toBe(true);
  writeFileSync(join(folder, "memory.events"), "oom 0\noom_kill 1\n");
  expect(opened.ranOutOfMemory(), "the machine as a whole had no memory left").toBe(false);
});

const { unified } = findCgroups();
const isOurs = process.getuid?.() === 0 && unified?.path === "/" && existsSync(join(unified.folder, "cgroup.procs"));

test.skipIf(!isOurs)("on this kernel: who joins is counted, and ended with the group", async () => {
  const opened = openGroup(join(unified?.folder ?? "", `orch-test-${process.pid}`), new Set());
  const child = spawn("/bin/sh", ["-c", `echo 0 >"$1"; setsid sleep 60 & wait`, "sh", opened.joins[0] ?? ""]);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await expect
    .poll(
      () =>
        readFileSync(opened.joins[0] ?? "", "utf8")
          .trim()
          .split("\n").length,
    )
    .toBe(2);
  const members = readFileSync(opened.joins[0] ?? "", "utf8")
    .trim()
    .split("\n")
    .map(Number);
  await opened.remove();
  await ended;
  for (const pid of members) expect(isGone(pid)).toBe(true);
  expect(opened.read()).toBeUndefined();
});

/** Nothing is made, nor moved away, before a test asks for it. */
const base = findBase(findCgroups());
const kernel = process.getuid?.() === 0 && "folder" in base ? findCgroups() : undefined;

test("says whether this machine's kernel can be tried", () => {
  if (!kernel)
    console.warn(`Version 2 is tried on recorded folders only: ${"why" in base ? base.why : "not as root"}.`);
  expect("why" in base || base.folder.startsWith("/")).toBe(true);
});

describe.skipIf(!kernel)("on a kernel whose controllers are in the unified hierarchy", () => {
  const real = kernel && openGroups2(kernel, `orch-real-${process.pid}`);
  afterAll(() => real?.close());

  /** A shell that has joined the group of this name. */
  function inGroup(name: string, script: string, resources: Resources) {
    const opened = real?.open(name);
    if (!opened) throw new Error("the kernel gives no group");
    opened.limit(resources);
    const child = spawn("/bin/sh", ["-c", `echo 0 >"$1"; ${script}`, "sh", opened.joins[0] ?? ""]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    onTestFinished(async () => {
      await opened.remove();
      await ended;
    });
    return opened;
  }

  test("all three controllers limit", () => expect(real?.limits).toEqual(new Set(["cpu", "memory", "processes"])));

  test("no more of a processor is used than the group may have", async () => {
    const spin = "(while :; do :; done) & while :; do :; done";
    const begun = performance.now();
    const opened = inGroup("spin", spin, { cpuPercent: 40 });
    await expect.poll(() => opened.read()?.cpuMs, { timeout: 60_000, interval: 50 }).toBeGreaterThan(1_000);
    expect((opened.read()?.cpuMs ?? 0) / (performance.now() - begun)).toBeLessThan(0.5);
  });

  test("no more processes are in the group than it may have, and its removal ends them", async () => {
    const bomb = "f=0; while [ $f -lt 60 ]; do sleep 600 & f=$((f+1)); done 2>/dev/null; wait";
    const opened = inGroup("bomb", bomb, { processes: 4 });
    await expect.poll(() => opened.read()?.processes, { timeout: 20_000 }).toBe(20);
    await opened.remove();
    expect(opened.read()).toBeUndefined();
  });
});
