/** The host looks after its proxy: when it ends another is started, as often as it takes; and whoever waits for it is told in time. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Network, openNetwork } from "../../../workers/network/network.ts";
import { runProgram } from "../../../workers/run-program.ts";
import { readProcess, signal } from "../../../workers/sandbox/processes.ts";
import { proxyUid, slotUsers } from "../../../workers/sandbox/slot-users.ts";
import { ownBaseUid } from "../../support/own-uids.ts";

const ROOT = join(import.meta.dirname, "../../..");
const users = await slotUsers(1, process.getuid?.() ?? -1, ownBaseUid);
const user = users[0] ?? { slot: 0 };
const POLICY = {
  egress: "open" as const,
  rules: [],
  private: [],
  never: [],
  limits: { connections: 20, bytes: 1e12 },
};

let dir: string;
let lines: { at: number; msg: string }[];
let network: Network | undefined;
const log = pino(
  {},
  { write: (line: string) => void lines.push({ at: performance.now(), msg: JSON.parse(line).msg }) },
);
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "orch-r-"));
  await chmod(dir, 0o711);
  lines = [];
});
afterEach(() => {
  network?.release();
  signal(pidOf(), "SIGKILL");
  rmSync(dir, { recursive: true, maxRetries: 5 });
});

const pidOf = () => Number(readFileSync(join(dir, "pid"), "utf8").split(" ")[0]);
const open = (times = { open: 20_000, pause: 20, longestPause: 100 }) =>
  openNetwork({ dir, uid: proxyUid(users), log, times });
const told = (msg: string) => lines.filter((line) => line.msg === msg);
const FAILED = "the network proxy cannot be started; trying again";
const ENDED = "the network proxy has ended: starting another; agents are without a network for a moment";

/** Ends the proxy, and no other can be started: its log cannot be written. */
function breakProxy(): void {
  const pid = pidOf();
  rmSync(join(dir, "proxy.log"));
  mkdirSync(join(dir, "proxy.log"));
  signal(pid, "SIGKILL");
}

test("a proxy that cannot be started anew is tried again after longer and longer pauses, and the log says so", async () => {
  network = await open();
  expect(lines).toEqual([]);
  breakProxy();
  await expect.poll(() => told(FAILED).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(9);
  expect(told(ENDED)).toHaveLength(1);
  const times = told(FAILED).map(({ at }) => at);
  const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  expect(pauses[0]).toBeGreaterThanOrEqual(19);
  expect(pauses[3]).toBeGreaterThanOrEqual(99);
  // Doubled without an end they would be 5 s.
  expect((times[8] ?? 0) - (times[0] ?? 0)).toBeLessThan(3_000);
  const before = pidOf();
  rmdirSync(join(dir, "proxy.log"));
  await expect.poll(pidOf, { timeout: 20_000 }).not.toBe(before);
  network.place("task-1", user);
  await network.open("task-1", POLICY, 60_000);
});

test("an outlet that no proxy can open is given up, and closed all the same", async () => {
  network = await open({ open: 300, pause: 20, longestPause: 100 });
  network.place("task-1", user);
  breakProxy();
  await expect(network.open("task-1", POLICY, 60_000)).rejects.toThrow(/^The network proxy does not answer$/);
  expect(await network.close("task-1")).toEqual({ bytes: 0, blocked: 0, places: [] });
  expect(readdirSync(join(dir, "outlets"))).toEqual([]);
});

test("what the proxy refuses is not asked for again", async () => {
  network = await open();
  await expect(network.open("never-placed", POLICY, 60_000)).rejects.toThrow(/the network proxy answers 500: .*ENOENT/);
}, 10_000);

test("who lets go of the proxy starts no other and says nothing of its end", async () => {
  network = await open();
  const pid = pidOf();
  network.release();
  await expect.poll(() => readProcess(pid), { timeout: 20_000 }).toBeUndefined();
  expect([pidOf(), lines]).toEqual([pid, []]);
});

test("a program that lets go while no proxy can be started does not try for ever, and ends", async () => {
  const script = `
    import { once } from "node:events";
    import { mkdirSync, readFileSync, rmSync } from "node:fs";
    import { pino } from "pino";
    import { openNetwork } from ${JSON.stringify(join(ROOT, "workers/network/network.ts"))};
    process.chdir(${JSON.stringify(dir)});
    const failed = Promise.withResolvers();
    const log = pino({}, { write: (line) => line.includes(${JSON.stringify(FAILED)}) && failed.resolve() });
    const network = await openNetwork({ dir: process.cwd(), uid: ${proxyUid(users)}, log });
    rmSync("proxy.log");
    mkdirSync("proxy.log");
    const busy = setInterval(() => {}, 1_000);
    process.kill(Number(readFileSync("pid", "utf8").split(" ")[0]), "SIGKILL");
    await failed.promise;
    network.release();
    clearInterval(busy);
  `;
  const args = ["--input-type=module", "-e", script];
  const env = { PATH: "/usr/bin:/bin" };
  const ended = await runProgram({ file: process.execPath, args, cwd: ROOT, env, timeoutMs: 10_000 });
  expect(ended).toMatchObject({ exitCode: 0, timedOut: false });
});

test("a network that cannot be had is told in one sentence", async () => {
  mkdirSync(join(dir, "proxy.log"));
  await expect(open()).rejects.toThrow(/^The network proxy cannot be started: EISDIR/);
  rmdirSync(join(dir, "proxy.log"));
  network = await open(); // so that there is one to end
});
