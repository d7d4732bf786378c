/**
 * The disk is full: before a task is claimed, while an agent works, when its work is published, and when a host starts. Redis goes
 * on, people are told, and everything goes on by itself when there is room.
 */
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readHosts } from "../../src/task/hosts.ts";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, type OrchOptions, startOrch } from "../support/orch.ts";
import { MB, noSmallDisk, type SmallDisk } from "../support/small-disk.ts";

/** The mark; the reserve is a quarter of it, 16 MB, and with less than 8 MB the disk counts as full. */
const LIMITS = { freeDiskGigabytes: 64 / 1024 };
const TOO_LITTLE = /too little free disk space to take a task/;

describe.skipIf(noSmallDisk)(`a full disk ${noSmallDisk ?? ""}`, () => {
  let orch: Orch;
  let disk: SmallDisk;
  afterEach(() => orch.close());

  async function start(options: OrchOptions = {}) {
    orch = await startOrch({ diskMegabytes: 200, ...options, limits: { ...LIMITS, ...options.limits } });
    if (!orch.disk) throw new Error("there is no small disk");
    disk = orch.disk;
    await expect.poll(() => existsSync(join(orch.dir, "data/reserve"))).toBe(true);
  }

  const theHost = async () => (await readHosts(orch.redis, Date.now()))[0];
  const workspaces = () => globSync(join(orch.dir, "data/host/workspaces/t*"));

  test("before a task is claimed: no job is taken, the comment says so, and it starts by itself when there is room", async () => {
    await start();
    disk.fill(30 * MB);
    await orch.host.logged(/too little room on the disk/);
    await expect.poll(theHost).toMatchObject({ lacksRoom: { wantedBytes: 64 * MB } });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.progressComment(TOO_LITTLE);
    expect(await orch.store.read(taskId)).toMatchObject({ state: { name: "waiting" }, epoch: 0 });
    disk.clear();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await expect.poll(async () => (await theHost())?.lacksRoom).toBeUndefined();
  });

  test("while an agent works: it goes on, the task behind it in the queue is told, and both are done", async () => {
    await start({ agent: "waits", slots: 1 });
    const [first, second] = [await orch.place({ agent: "waits" }), await orch.place({ agent: "fixes" })];
    const { taskId } = await orch.command("/orch fix the tests", first);
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    const { taskId: behind } = await orch.command("/orch fix the tests", second);
    await orch.task(behind, ({ state }) => state.name === "queued");
    disk.fill(30 * MB);
    await orch.progressComment(TOO_LITTLE, second);
    await orch.letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.store.read(behind)).toMatchObject({ state: { name: "queued" } });
    disk.clear();
    expect(await orch.told(behind)).toMatchObject({ kind: "pull_request" });
  });

  test("an agent fills it: Redis and the bot go on, the run is ended and told as that, and the next task is done", async () => {
    await start({ agent: "fixes" });
    const [hoards, fixes] = [await orch.place({ agent: "hoards" }), await orch.place({ agent: "fixes" })];
    const { taskId } = await orch.command("/orch fix the tests", hoards);
    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed", reason: "disk" });
    await orch.progressComment(/the worker host's disk was full, and of all tasks this one had the most on it/, hoards);
    expect(workspaces()).toEqual([]);
    const { taskId: next } = await orch.command("/orch fix the tests", fixes);
    expect(await orch.told(next)).toMatchObject({ kind: "pull_request" });
  });

  test("a run that has more on the disk than it may is ended and told as that; another one beside it goes on", async () => {
    await start({ agent: "waits", limits: { runDiskGigabytes: 20 / 1024 } });
    const [piles, waits] = [await orch.place({ agent: "piles" }), await orch.place({ agent: "waits" })];
    const { taskId: other } = await orch.command("/orch fix the tests", waits);
    const { taskId } = await orch.command("/orch fix the tests", piles);
    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed", reason: "disk" });
    await orch.progressComment(/on the disk, and may have 20 MB/, piles);
    await orch.letGo();
    expect(await orch.told(other)).toMatchObject({ kind: "pull_request" });
  });

  test("when the work is to be published: the reserve makes room for it", async () => {
    await start();
    const checks = `until test -e ${orch.stage}/checked; do sleep 0.1; done`;
    const place = await orch.place({ agent: "fixes", verify: checks });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "verifying");
    disk.fill(0);
    await orch.host.logged(/the reserve is given up/);
    await orch.letGo("checked");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  });

  test("when a host starts: it waits, says so, and starts when there is room", async () => {
    await start();
    await orch.host.stop();
    disk.fill(20 * MB); // Redis keeps what it needs; the reserve goes first
    disk.fill(1 * MB);
    const started = orch.host.start();
    await orch.host.logged(/too little room on the disk|is full/);
    disk.clear();
    await started;
    const { taskId } = await orch.command("/orch fix the tests");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  });
});
