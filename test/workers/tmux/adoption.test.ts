import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RUN_VARIABLE } from "../../../workers/sandbox/processes.ts";
import { isGone, type Machine, openMachine } from "../support/machine.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await openMachine();
});
afterEach(() => machine.close());

const UNTIL_GO = "echo up >up; while [ ! -e go ]; do sleep 0.02; done; exit 6";
const go = () => writeFile(join(machine.workspace, "go"), "");

test("takes up a step whose host process was killed, and the program never notices", async () => {
  const step = await machine.step("orphan", UNTIL_GO);
  const program = fileURLToPath(new URL("../support/start-step.ts", import.meta.url));
  const spec = join(machine.dir, "spec.json");
  await writeFile(spec, JSON.stringify({ dir: join(machine.dir, "tmux"), session: "orphan", step }));
  const host = spawn(process.execPath, [program, spec], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(host.stdout, "data")) as [Buffer];
  host.kill("SIGKILL");
  await once(host, "exit");

  const adopted = await machine.sessions.adopt("orphan", step);
  expect(adopted.pid).toBe(Number(said));
  expect(isGone(adopted.pid)).toBe(false);
  await go();
  expect(await adopted.ended).toEqual({ exitCode: 6 });
});

test("finds that a program never began whose host was killed while it held it", async () => {
  const step = await machine.step("held", "echo began >began");
  const program = fileURLToPath(new URL("../support/hold-step.ts", import.meta.url));
  const spec = join(machine.dir, "spec.json");
  await writeFile(spec, JSON.stringify({ dir: join(machine.dir, "tmux"), session: "held", step }));
  const host = spawn(process.execPath, [program, spec], { stdio: ["ignore", "pipe", "inherit"] });
  await once(host.stdout, "data");
  host.kill("SIGKILL");
  await once(host, "exit");

  expect(await (await machine.sessions.adopt("held", step)).ended).toEqual({ begun: false });
  expect(await (await machine.reopen()).list()).not.toContain("held");
  expect(await readFile(join(step.dir, "latch"), "utf8")).toBe("left\n");
  await expect(readFile(join(machine.workspace, "began"), "utf8")).rejects.toThrow("ENOENT");
});

test("finds the exit code of a step that ended while nobody watched", async () => {
  const step = await machine.step("over", "exit 5");
  const first = await machine.sessions.start("over", step);
  first.detach();
  await expect.poll(() => readFile(join(step.dir, "exit"), "utf8").catch(() => "")).toBe("5\n");
  await expect.poll(() => isGone(first.pid)).toBe(true);
  expect(await (await machine.sessions.adopt("over", step)).ended).toEqual({ exitCode: 5 });
});

test("finds that a step was lost while nobody watched", async () => {
  const step = await machine.step("lost", "sleep 1000");
  const first = await machine.sessions.start("lost", step);
  first.detach();
  process.kill(first.pid, "SIGKILL");
  await expect.poll(() => isGone(first.pid)).toBe(true);
  expect(await (await machine.sessions.adopt("lost", step)).ended).toEqual({ lost: true });
});

test("takes a process of the same number for another one when it started at another time", async () => {
  const step = await machine.step("number", "true");
  const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  await writeFile(join(step.dir, "pid"), `${process.pid} 1 ${boot} 1\n`);
  expect(await (await machine.sessions.adopt("number", step)).ended).toEqual({ lost: true });
});

test("reports a step as lost that was never started", async () => {
  const adopted = await machine.sessions.adopt("never", await machine.step("never", "true"));
  expect(adopted.pid).toBe(0);
  expect(await adopted.ended).toEqual({ lost: true });
  await adopted.stop(0);
});

test("stops a step that it adopted", async () => {
  const step = await machine.step("stop", "trap 'exit 8' TERM; echo up >up; while :; do sleep 0.05; done");
  (await machine.sessions.start("stop", step)).detach();
  await expect.poll(() => readFile(join(machine.workspace, "up"), "utf8").catch(() => "")).toBe("up\n");
  const adopted = await (await machine.reopen()).adopt("stop", step);
  await adopted.stop(20_000);
  expect(await adopted.ended).toEqual({ exitCode: 8 });
});

test("adopts by hand where the FIFO is gone", async () => {
  const step = await machine.step("fifo", "exit 2");
  const first = await machine.sessions.start("fifo", step);
  await first.ended;
  await rm(join(step.dir, "fifo"));
  expect(await (await machine.sessions.adopt("fifo", step)).ended).toEqual({ exitCode: 2 });
});

test("outlives its tmux server: the step goes on, ends by itself, and new ones can start", async () => {
  const step = await machine.step("server", UNTIL_GO);
  const running = await machine.sessions.start("server", step);
  process.kill(await machine.serverPid(), "SIGKILL");
  // Of another run: what has this run's mark ends with each of its steps.
  const other = { ...(await machine.step("second", "exit 1", { env: { [RUN_VARIABLE]: "other" } })), user: undefined };
  const second = await machine.sessions.start("second", other);
  expect(await second.ended).toEqual({ exitCode: 1 });
  expect(await machine.sessions.list()).not.toContain("server");
  expect(isGone(running.pid)).toBe(false);
  await go();
  expect(await running.ended).toEqual({ exitCode: 6 });
});
