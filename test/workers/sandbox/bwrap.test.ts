import { spawn } from "node:child_process";
import { once } from "node:events";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../../../workers/run-program.ts";
import { bwrapDriver } from "../../../workers/sandbox/bwrap.ts";
import { DEFAULT_LIMITS, type Mount } from "../../../workers/sandbox/confinement.ts";
import { markedProcesses, RUN_VARIABLE } from "../../../workers/sandbox/processes.ts";
import { AS_ROOT, type Machine, openMachine } from "../support/machine.ts";

let machine: Machine;
beforeAll(async () => {
  machine = await openMachine();
});
afterAll(() => machine.close());

const confinement = (mounts: Mount[] = [], env = {}) => ({
  user: machine.users[0] ?? { slot: 0 },
  cwd: machine.workspace,
  env: { PATH: "/usr/bin:/bin", ...env },
  mounts: [{ source: machine.workspace, writable: true }, ...mounts],
});

async function inside(script: string, mounts: Mount[] = [], env = {}) {
  const confined = confinement(mounts, env);
  const [file = "", ...args] = machine.driver.wrap(confined, ["/bin/sh", "-c", script]);
  return runProgram({ file, args, env: confined.env, timeoutMs: 20_000 });
}

test("gives environment and exit code through, and no variable in an argument", async () => {
  const finished = await inside('printf %s "$TOKEN"; exit 5', [], { TOKEN: "s3cret" });
  expect(finished).toMatchObject({ stdout: "s3cret", exitCode: 5 });
  const argv = machine.driver.wrap(confinement([], { TOKEN: "s3cret" }), ["/bin/true"]);
  expect(argv.join(" ")).not.toContain("s3cret");
});

test("shows a mount read-only unless it is writable, also one inside another", async () => {
  const inner = join(machine.workspace, "inner");
  await inside(`mkdir ${inner} && echo old >${inner}/file`);
  const finished = await inside(`touch ok; echo new >${inner}/file || cat ${inner}/file`, [{ source: inner }]);
  expect(finished.stdout).toBe("old\n");
});

test.runIf(AS_ROOT)("cannot signal or see what the same user runs outside", async () => {
  const uid = machine.users[0]?.uid as number;
  const victim = spawn("/bin/sleep", ["1000"], { uid, gid: uid });
  await once(victim, "spawn");
  const finished = await inside(`kill -KILL ${victim.pid}; kill -KILL -1; ls /proc | grep -c '^${victim.pid}$'`);
  expect(finished.stdout).toBe("0\n");
  expect(victim.exitCode ?? victim.signalCode).toBeNull();
  victim.kill("SIGKILL");
});

test("cannot reach the tmux server that it runs under", async () => {
  const socket = join(machine.dir, "tmux", "orch-test");
  const finished = await inside(`ls ${socket}; tmux -S ${socket} list-sessions; tmux list-sessions`);
  expect(finished.stdout).toBe("");
  expect(finished.exitCode).not.toBe(0);
});

test("does not follow a link out of the workspace to a secret", async () => {
  await writeFile(join(machine.dir, "key.pem"), "private\n");
  await symlink(join(machine.dir, "key.pem"), join(machine.workspace, "link"));
  expect((await inside("cat link")).stdout).toBe("");
});

test("leaves no daemon behind", async () => {
  const env = { [RUN_VARIABLE]: "daemon-test" };
  const finished = await inside(
    "setsid sleep 1000 >/dev/null 2>&1 & setsid -f sleep 1000 >/dev/null 2>&1; echo done",
    [],
    env,
  );
  expect(finished.stdout).toBe("done\n");
  await expect.poll(() => markedProcesses({ run: "daemon-test" })).toEqual([]);
});

test("ends everything inside before it tells of the end, whatever mark that bears", async () => {
  const forged = `forged-${process.pid}`;
  const finished = await inside(`${RUN_VARIABLE}=${forged} setsid -f sleep 1000 >/dev/null 2>&1; echo up`);
  expect(finished.stdout).toBe("up\n");
  expect(markedProcesses({ run: forged, uid: machine.users[0]?.uid })).toEqual([]);
});

test("gives the agent no hold on the process whose end is the sandbox's", async () => {
  // Whoever may write into its memory can make it stay, and forget that it dies with its parent.
  const finished = await inside(
    "(: >>/proc/self/mem) && echo mine; (: >>/proc/1/mem) && echo hijacked; kill -STOP 1; id -u",
  );
  expect(finished.stdout).toBe(`mine\n${machine.users[0]?.uid ?? process.getuid?.()}\n`);
});

test("bounds the folders that are memory", async () => {
  const { stdout } = await inside("df --output=size -m /tmp /run /dev/shm | tail -n +2");
  expect(stdout.match(/\d+/g)).toEqual(["1024", "64", "256"]);
});

test("tells a signal's end as 128 + signal, and nothing on the error output", async () => {
  expect(await inside("kill -TERM $$")).toMatchObject({ exitCode: 143, stderr: "" });
  expect(await inside("kill -KILL $$")).toMatchObject({ exitCode: 137, stderr: "" });
});

test("refuses root, variables for the loader, reserved places and paths that are not plain", () => {
  const programs = {
    bwrap: "/usr/bin/bwrap",
    setpriv: "/usr/bin/setpriv",
    nice: "/usr/bin/nice",
    prlimit: "/usr/bin/prlimit",
    tcpserver: "/usr/bin/tcpserver",
    socat: "/usr/bin/socat",
  };
  const first = { mount: [], running: (command: readonly string[]) => [...command] };
  const asRoot = bwrapDriver({ programs, etc: [], first, limits: DEFAULT_LIMITS, hostUid: 0 });
  expect(() => asRoot.wrap({ ...confinement(), user: { slot: 0 } }, ["/bin/true"])).toThrow(/does not confine root/);
  expect(() => asRoot.wrap({ ...confinement(), user: { slot: 0, uid: 0, gid: 0 } }, ["/bin/true"])).toThrow(/root/);
  const wrap =
    (mounts: Mount[], env = {}) =>
    () =>
      machine.driver.wrap(confinement(mounts, env), ["/bin/true"]);
  expect(wrap([], { LD_PRELOAD: "/x.so" })).toThrow(/LD_PRELOAD/);
  expect(wrap([{ source: "/tmp", target: "/proc/" }])).toThrow(/\/proc/);
  expect(wrap([{ source: "/tmp" }])).toThrow(/\/tmp/);
  expect(wrap([{ source: "relative" }])).toThrow(/not an absolute/);
  expect(wrap([{ source: "/tmp/../etc" }])).toThrow(/not an absolute/);
  expect(() => machine.driver.wrap(confinement(), [])).toThrow(/no command/);
});

test("refuses a user without a group, and the whole machine to write in", () => {
  const uid = machine.users[0]?.uid ?? 1_000_000;
  const halfUser = { ...confinement(), user: { slot: 0, uid } };
  expect(() => machine.driver.wrap(halfUser, ["/bin/true"])).toThrow(/no user of its own/);
  const everything = confinement([{ source: "/", target: "/mnt", writable: true }]);
  expect(() => machine.driver.wrap(everything, ["/bin/true"])).toThrow(/the whole machine/);
});

test("shows a mount inside another whichever of the two is named first", async () => {
  const inner = join(machine.workspace, "named-first");
  await inside(`mkdir ${inner} && echo old >${inner}/file`);
  const confined = confinement();
  const mounts = [{ source: inner }, ...confined.mounts];
  const command = ["/bin/sh", "-c", `echo new >${inner}/file || cat ${inner}/file`];
  const [file = "", ...args] = machine.driver.wrap({ ...confined, mounts }, command);
  expect((await runProgram({ file, args, env: confined.env, timeoutMs: 20_000 })).stdout).toBe("old\n");
});

test("gives a program the variables that it was given and no descriptor, in a session that holds no terminal", async () => {
  const confined = confinement([], { TOKEN: "s3cret" });
  const [file = "", ...args] = machine.driver.wrap(confined, ["/usr/bin/env"]);
  const { stdout } = await runProgram({ file, args, env: confined.env, timeoutMs: 20_000 });
  expect(stdout.trim().split("\n").sort()).toEqual(["PATH=/usr/bin:/bin", "TOKEN=s3cret"]);
  const session = "echo $(cut -d ' ' -f 6 /proc/self/stat)"; // 0: one from outside
  expect((await inside(`(echo leaks >&3) 2>/dev/null || echo closed; ${session}`)).stdout).toMatch(
    /^closed\n[1-9]\d*\n$/,
  );
});
