/**
 * Proves at start, by trying, that a driver confines. What is not proven here is not claimed: a driver whose probes
 * do not all pass is not used. Takes well under a second.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Network } from "../network/network.ts";
import { converse, runProgram } from "../run-program.ts";
import { type Confinement, DEFAULT_LIMITS, type Limits, type SandboxDriver, type SlotUser } from "./confinement.ts";
import { NETWORK_PROBES, probeNetwork } from "./network-probes.ts";
import { PROBE_SCRIPT, PROBES, type ProbeFacts, probeArguments } from "./probes.ts";
import { endMarked, markedProcesses, RUN_VARIABLE } from "./processes.ts";

export type ProbeResult = { name: string; passed: boolean; detail: string };

export type SelfTestOptions = {
  user: SlotUser;
  /** Folder for the probes' own files, reachable by the slot users. */
  dir: string;
  /** Paths of which an agent must not even see that they exist. */
  hidden: readonly string[];
  /** The host's network proxy; undefined where the driver is not given one: then nothing of the network is tried. */
  network?: Network | undefined;
  /** How many processes the driver under test allows; undefined when that is not to be tried. */
  processes: number | undefined;
  /** How long a sandbox may take to come up, and to go; ms. */
  waitMs?: number;
};

/** The driver under test is built with these, so that reaching a cap takes a moment and not thousands of processes. */
export const PROBE_LIMITS: Limits = { ...DEFAULT_LIMITS, processes: 40 };

/**
 * How long a sandbox may take to come up, and a dead parent's to go. Generous: a killed process must still get its turn to
 * die, and on a machine where agents build things one of low priority waits for seconds.
 */
const WAIT_MS = 5_000;
const PROBE_MS = 20_000;

/** Runs every probe; never throws for a sandbox that fails. */
export async function runSelfTest(driver: SandboxDriver, options: SelfTestOptions): Promise<ProbeResult[]> {
  const outside = await mkdtemp(join(options.dir, "self-test-"));
  const temporary = await mkdtemp(join(tmpdir(), "orch-probe-"));
  try {
    // Open to everybody, so that nothing but the sandbox keeps an agent from writing here.
    await chmod(outside, 0o777);
    const run = `probe-${randomBytes(8).toString("hex")}`;
    const facts = await prepare(options, outside, temporary);
    const confinement = confinementOf(options.user, join(outside, "slot"), run);
    const inside = await tryInside(driver, confinement, {
      ...facts,
      environment: Object.keys(confinement.env).join(" "),
    });
    if (inside.some((probe) => probe.name === "starts")) return inside;
    await endMarked({ run }); // where nothing else ends them, what the probes started is still there
    const waitMs = options.waitMs ?? WAIT_MS;
    return [
      ...inside,
      ...(options.network ? await probeNetwork(driver, confinement, options.network).catch(unprobed) : []),
      await leaveNothing(driver, confinement, run),
      await dieWithParent(driver, confinement, run, waitMs),
    ];
  } finally {
    await rm(outside, { recursive: true, force: true });
    await rm(temporary, { recursive: true, force: true });
  }
}

/** What could not even be tried is not proven. */
const unprobed = (error: Error): ProbeResult[] =>
  NETWORK_PROBES.map((name) => ({ name, passed: false, detail: `cannot be tried: ${error.message}` }));

/** The things that must be out of reach, made readable for everybody so that only the sandbox can hide them. */
async function prepare(options: SelfTestOptions, outside: string, temporary: string) {
  const secret = join(outside, "secret");
  const otherSlot = join(outside, "other", "file");
  await mkdir(join(outside, "other"));
  await mkdir(join(outside, "slot"));
  await chmod(temporary, 0o755);
  for (const file of [secret, otherSlot, join(temporary, "file")]) await writeFile(file, "canary\n", { mode: 0o644 });
  const { uid, gid } = options.user;
  if (uid !== undefined && gid !== undefined) await chown(join(outside, "slot"), uid, gid);
  const kinds = ["pid", "mnt", "ipc", "uts", "user", "net"];
  const namespaces = await Promise.all(kinds.map((kind) => readlink(`/proc/self/ns/${kind}`)));
  return {
    uid: uid === undefined ? "" : String(uid),
    namespaces: namespaces.join(" "),
    secrets: [secret, ...options.hidden].join("\n"),
    otherSlot,
    temporary: join(temporary, "file"),
    forbidden: join(outside, "written"),
    tooManyProcesses: options.processes === undefined ? "" : String(options.processes + 1),
  };
}

function confinementOf(user: SlotUser, slot: string, run: string): Confinement {
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", HOME: slot, [RUN_VARIABLE]: run };
  return { user, cwd: slot, env, mounts: [{ source: slot, writable: true }] };
}

async function tryInside(driver: SandboxDriver, confinement: Confinement, facts: ProbeFacts): Promise<ProbeResult[]> {
  const command = ["/bin/sh", "-c", PROBE_SCRIPT, "probes", ...probeArguments(facts)];
  const [file = "", ...args] = driver.wrap(confinement, command);
  const finished = await runProgram({ file, args, env: confinement.env, timeoutMs: PROBE_MS }).catch(
    (error: Error) => ({
      exitCode: undefined,
      stdout: "",
      stderr: error.message,
    }),
  );
  const lines = new Map(finished.stdout.split("\n").map((line) => [line.split("\t")[0], line.split("\t")]));
  if (!PROBES.some((name) => lines.has(name))) {
    return [{ name: "starts", passed: false, detail: finished.stderr.trim() || wordless(finished) }];
  }
  const wrote = existsSync(facts.forbidden);
  return PROBES.map((name) => {
    const [, verdict, detail = ""] = lines.get(name) ?? [];
    if (name === "read-only" && wrote) return { name, passed: false, detail: `writes to ${facts.forbidden} ${detail}` };
    return { name, passed: verdict === "ok", detail: verdict === undefined ? "did not report" : detail.trim() };
  });
}

function wordless({ exitCode, signal }: { exitCode?: number | undefined; signal?: string }): string {
  return `it ended without a word (${signal ?? `exit code ${exitCode}`})`;
}

/** Looks at once for what a program that has ended by itself left behind under another mark. */
async function leaveNothing(driver: SandboxDriver, confinement: Confinement, run: string): Promise<ProbeResult> {
  const other = { run: `${run}-other` };
  const script = `${RUN_VARIABLE}=${other.run} setsid -f sleep 600 >/dev/null 2>&1 && echo left`;
  const [file = "", ...args] = driver.wrap(confinement, ["/bin/sh", "-c", script]);
  try {
    const { stdout, stderr } = await runProgram({ file, args, env: confinement.env, timeoutMs: PROBE_MS });
    const left = markedProcesses(other).length > 0 ? "goes on after its program has ended" : "";
    const detail = stdout === "left\n" ? left : `cannot be tried: ${stderr.trim()}`;
    return { name: "leftovers", passed: detail === "", detail };
  } finally {
    await endMarked(other);
  }
}

/** Starts a sandbox under a shell, kills the shell with SIGKILL, and looks whether the sandbox goes too. */
async function dieWithParent(
  driver: SandboxDriver,
  confinement: Confinement,
  run: string,
  waitMs: number,
): Promise<ProbeResult> {
  const inside = driver.wrap(confinement, ["/bin/sh", "-c", "echo up; exec sleep 600"]);
  const parent = converse({
    file: "/bin/sh",
    args: ["-c", '"$@" & read -r word; kill -KILL $$', "parent", ...inside],
    env: confinement.env,
  });
  let [up, over] = [false, false];
  parent.onLine(() => {
    up = true;
  });
  void parent.ended.then(() => {
    over = true;
  });
  try {
    await waitUntil(() => up || over, waitMs);
    if (!up) return { name: "parent-death", passed: false, detail: "did not start" };
    // The sandbox holds the parent's output, so this ends only when both are gone: not waited for.
    parent.write("now");
    const gone = await waitUntil(() => markedProcesses({ run }).length === 0, waitMs);
    return { name: "parent-death", passed: gone, detail: gone ? "" : "goes on after its parent was killed" };
  } finally {
    parent.end();
    await endMarked({ run });
    await parent.ended;
  }
}

async function waitUntil(holds: () => boolean, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (let pause = 2; !holds(); pause = Math.min(pause * 2, 100)) {
    if (performance.now() > deadline) return false;
    await delay(pause);
  }
  return true;
}
