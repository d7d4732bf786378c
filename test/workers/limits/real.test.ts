/** What this machine can hold its programs to, tried with real steps: each way that there is here. */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Resources } from "../../../src/settings/resources.ts";
import { capsOf } from "../../../workers/limits/caps.ts";
import type { Groups } from "../../../workers/limits/group.ts";
import { inForce, meansOf, needsGroup } from "../../../workers/limits/in-force.ts";
import { openGroups } from "../../../workers/limits/open-groups.ts";
import { processesBelow } from "../../../workers/limits/process-use.ts";
import { watchUse } from "../../../workers/limits/watch-use.ts";
import { RUN_VARIABLE, readProcess } from "../../../workers/sandbox/processes.ts";
import { readTimes } from "../../../workers/tmux/step-files.ts";
import { type Machine, openMachine } from "../support/machine.ts";

let machine: Machine;
const here = openGroups(`test-${process.pid}`);
const log = pino({ level: "silent" });

beforeAll(async () => {
  machine = await openMachine();
});
afterAll(async () => {
  await machine.close();
  here?.close();
});

/** Starts a script in the sandbox under these limits, and follows what it uses. */
async function limited(name: string, script: string, resources: Resources, groups: Groups | undefined) {
  const means = meansOf(groups, machine.driver, machine.users[0]);
  const held = inForce(resources, means);
  const group = groups && needsGroup(resources, means) ? groups.open(name) : undefined;
  group?.limit(resources);
  // Each is a run of its own: the end of one is nobody else's.
  const own = { env: { [RUN_VARIABLE]: `${name}-${process.pid}` }, user: { slot: 0 } };
  const step = await machine.step(name, script, { ...own, caps: capsOf(resources, held), joins: group?.joins });
  const running = await machine.sessions.start(name, step);
  const told: string[] = [];
  const processes = () => processesBelow(running.pid, running.view);
  const use = watchUse({ resources, held, group, processes, tell: (text) => told.push(text), log });
  onTestFinished(async () => {
    use.stop();
    await running.stop(0);
    await group?.remove();
  });
  return { running, use, told, held, group, dir: step.dir };
}

const output = async (name: string) => await machine.output(name);

/** Holds what it allocates, in steps, and says how far it came. */
const HOG = `perl -e '$| = 1; for my $mb (1..1200) { push @held, "x" x (1024 * 1024); print "$mb\\n" if $mb % 100 == 0; select(undef, undef, undef, 0.004) } sleep 60'`;
const SPIN = "while :; do :; done";

const ways: [string, Groups | undefined][] = [
  ["the watchdog", undefined],
  ...(here ? [[here.version, here] as [string, Groups]] : []),
];

test("says what it can do here", () => {
  if (!here) console.warn("There are no control groups to be had here: only the watchdog is tried.");
  expect(here?.limits.size ?? 1).toBeGreaterThan(0);
});

describe.each(ways)("held by %s", (_, groups) => {
  const by = groups?.version ?? "watchdog";

  test("a hog is ended at its limit, and its neighbour goes on", async () => {
    const neighbour = await limited(`neighbour-${by}`, "echo up; sleep 60", { memoryMegabytes: 256 }, groups);
    const hog = await limited(`hog-${by}`, HOG, { memoryMegabytes: 256 }, groups);
    expect(hog.held).toEqual([{ what: "memory", most: 256 * 1024 ** 2, by }]);
    const over = await Promise.race([
      hog.use.over,
      hog.running.ended.then(() => hog.use.reached()), // the kernel was faster than whoever asks it
    ]);
    expect(over).toMatchObject({ limit: "memory", allowed: 256 * 1024 ** 2 });
    expect(over?.used).toBeLessThan(700 * 1024 ** 2);
    await hog.running.stop(0);
    hog.use.stop();
    expect(hog.use.use().peakRssBytes).toBeGreaterThan(100 * 1024 ** 2);
    expect(hog.told.length).toBeLessThan(2);
    expect(readProcess(neighbour.running.pid)).toBeDefined();
    await expect.poll(() => output(`neighbour-${by}`)).toBe("up\n");
  });

  test("processor time is held to a share of a core", async () => {
    const spin = `(${SPIN}) & (${SPIN}) & wait`;
    const { running, use } = await limited(`spin-${by}`, spin, { cpuPercent: 40 }, groups);
    // The kernel's own clock for the machine: a busy one gives less, and never more.
    const begun = performance.now();
    await delay(4_000);
    const ms = performance.now() - begun;
    await running.stop(0);
    use.stop();
    const share = (100 * use.use().cpuMs) / ms;
    expect(share).toBeLessThan(50);
    expect(share).toBeGreaterThan(10);
  });
});

test("a bomb of processes is bounded, and nobody else is kept from starting any", async () => {
  const bomb = `f=0; while [ $f -lt 200 ]; do sleep 60 & f=$((f+1)); done 2>/dev/null; echo "$(ls /proc | grep -c '^[0-9]')"`;
  const { running } = await limited("bomb", `${bomb}; wait`, { processes: 60 }, undefined);
  await limited("beside", "sh -c 'echo fine'", { processes: 60 }, undefined);
  await expect.poll(() => output("beside")).toBe("fine\n");
  await running.stop(0);
  const seen = processesBelow(running.pid);
  expect(seen).toEqual([]);
});

test("each process may have so many files open and no more", async () => {
  const opens = `perl -e 'open(my $f, "<", "/dev/null") or die "$!\\n" and push @f, $f for 1..2; my $n = 0; while (open(my $g, "<", "/dev/null")) { push @f, $g; $n++ } print "$n\\n"'`;
  const { running } = await limited("files", opens, { openFiles: 100 }, undefined);
  await running.ended;
  const many = Number((await output("files")).trim());
  expect(many).toBeGreaterThan(50);
  expect(many).toBeLessThan(100);
});

test("what a step's programs have used of the processor is known after they are gone", async () => {
  const { running, dir } = await limited("times", `timeout 0.6 sh -c '${SPIN}'; true`, {}, undefined);
  await running.ended;
  expect(await readTimes(dir)).toBeGreaterThan(100);
});

test.skipIf(!here)("what the kernel ended while no host was there is known to the next one", async () => {
  const resources = { memoryMegabytes: 128 };
  const { running, use, group } = await limited("unseen", HOG.replace("sleep 60", ""), resources, here);
  use.stop();
  await running.ended;
  expect(group?.ranOutOfMemory()).toBe(true);
  const again = here?.open("unseen");
  expect(again?.ranOutOfMemory()).toBe(true);
  expect(again?.read()?.cpuMs).toBeGreaterThan(0);
});

test.skipIf(!here)("what nobody removed is swept, with what runs in it", async () => {
  const { group } = await limited("left", "sleep 60", { memoryMegabytes: 128 }, here);
  const [file = ""] = group?.joins ?? [];
  await expect.poll(() => readFileSync(file, "utf8")).not.toBe("");
  expect(here?.names()).toContain("left");
  await here?.open("left").remove();
  expect(here?.names()).not.toContain("left");
});
