/**
 * Chooses how agents are confined on this machine, and proves it before the first one starts. What was asked for is
 * what runs: there is no quiet step down to something weaker.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Network } from "../network/network.ts";
import { type BwrapPrograms, bwrapDriver } from "./bwrap.ts";
import { ConfinementError, DEFAULT_LIMITS, type Limits, type SandboxDriver, type SlotUser } from "./confinement.ts";
import { prepareEtc } from "./etc.ts";
import { findProgram } from "./find-program.ts";
import { prepareFirstProcess } from "./first-process.ts";
import { noneDriver } from "./none.ts";
import { obstacles } from "./obstacles.ts";
import { PROBE_LIMITS, type ProbeResult, runSelfTest } from "./self-test.ts";
import { trialUser, unreachablePaths } from "./slot-users.ts";

export type { Confinement, Limits, Mount, SandboxDriver, SlotUser } from "./confinement.ts";
export type { ProbeResult } from "./self-test.ts";

/** `auto`: the strongest driver that there is, which must pass its self-test; today that is `bwrap`. */
export type SandboxMode = "auto" | "bwrap" | "none";

export type SandboxOptions = {
  mode: SandboxMode;
  /** Folder for the drivers' own files; created. Slot users must be able to pass the folders above it. */
  dir: string;
  users: readonly SlotUser[];
  /** Paths that no agent may see: App key, settings file, tmux folder, Redis data and socket. */
  hidden?: readonly string[];
  limits?: Partial<Limits>;
  /** The host's network proxy, by which sandboxes go out; with it the self-test tries the network as well. */
  network?: Network | undefined;
  /** Where the programs that build the sandbox are looked for. */
  searchPath?: string;
};

/** The machine cannot confine as asked. The message names what failed and what to do. */
export class SandboxError extends Error {
  override name = "SandboxError";
}

/** Heads what is known of the machine where no sandbox starts. */
export const IN_THE_WAY = "What stands in its way:";

const CHOOSE_NONE =
  "To run agents without confinement on a machine that holds nothing of value, set `sandbox: none` explicitly.";

/**
 * The driver and what its self-test found. With `none` the probes run too, for the record, and do not decide.
 * @throws {SandboxError} when the asked-for confinement cannot be had here
 */
export async function chooseDriver(
  options: SandboxOptions,
): Promise<{ driver: SandboxDriver; selfTest: ProbeResult[] }> {
  if (options.users.length === 0) throw new SandboxError("a host needs at least one slot");
  const user = trialUser(options.users);
  await mkdir(options.dir, { recursive: true, mode: 0o711 });
  const [blocked] = await unreachablePaths(user, [{ source: options.dir }]);
  if (blocked) throw new SandboxError(`agents cannot reach their folders: ${blocked.remedy}`);
  const build = options.mode === "none" ? await none(options) : await bwrap(options);
  // Without a sandbox the kernel counts the user's processes, and agents that an earlier life of this host started are
  // among them: a cap low enough to be tried would hit the probes themselves.
  const limits = options.mode === "none" ? DEFAULT_LIMITS : PROBE_LIMITS;
  const processes = options.mode === "none" ? undefined : PROBE_LIMITS.processes;
  const selfTest = await runSelfTest(build(limits), {
    user,
    dir: options.dir,
    hidden: options.hidden ?? [],
    network: options.network,
    processes,
  });
  const failed = selfTest.filter((probe) => !probe.passed && (options.mode !== "none" || probe.name === "starts"));
  if (failed.length > 0) {
    const list = failed.map((probe) => `  ${probe.name}: ${probe.detail}`).join("\n");
    const known = failed.some((probe) => probe.name === "starts") ? await obstacles() : [];
    const why = known.length > 0 ? `\n${IN_THE_WAY}\n${known.map((text) => `  ${text}`).join("\n")}` : "";
    throw new SandboxError(`the sandbox does not hold on this machine:\n${list}${why}\n${CHOOSE_NONE}`);
  }
  return { driver: build({ ...DEFAULT_LIMITS, ...options.limits }), selfTest };
}

/** A driver with the caps that are given; the self-test uses its own. */
type Build = (limits: Limits) => SandboxDriver;

async function bwrap(options: SandboxOptions): Promise<Build> {
  const programs: BwrapPrograms = {
    bwrap: await find("bwrap", "bubblewrap", options),
    setpriv: await find("setpriv", "util-linux", options),
    prlimit: await find("prlimit", "util-linux", options),
    nice: await find("nice", "coreutils", options),
    tcpserver: await find("tcpserver", "ucspi-tcp", options),
    socat: await find("socat", "socat", options),
  };
  const host = hostIds();
  const etc = await prepareEtc(join(options.dir, "etc"), [...options.users, trialUser(options.users)], host);
  const first = await prepareFirstProcess(join(options.dir, "first"), await find("sh", "dash", options));
  return (limits) => bwrapDriver({ programs, etc, first, limits, hostUid: host.uid });
}

async function none(options: SandboxOptions): Promise<Build> {
  const programs = {
    setpriv: await find("setpriv", "util-linux", options),
    prlimit: await find("prlimit", "util-linux", options),
    nice: await find("nice", "coreutils", options),
    env: await find("env", "coreutils", options),
  };
  return (limits) => noneDriver({ programs, limits, hostUid: hostIds().uid });
}

async function find(name: string, debianPackage: string, options: SandboxOptions): Promise<string> {
  const path = await findProgram(name, options.searchPath);
  if (path !== undefined) return path;
  const hint = options.mode === "none" ? "" : `\n${CHOOSE_NONE}`;
  throw new SandboxError(`${name} is not installed (Debian package ${debianPackage}).${hint}`);
}

/** @throws {ConfinementError} on systems without user ids */
function hostIds(): { uid: number; gid: number } {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  if (uid === undefined || gid === undefined) throw new ConfinementError("worker hosts run on Linux only");
  return { uid, gid };
}
