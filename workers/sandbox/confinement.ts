/**
 * What it means to run a program confined: as whom, with which files, in which environment. The words that every
 * driver, and everybody who starts a confined program, shares.
 */

import type { Endpoint } from "../../src/reach/reach-shape.ts";

/** Who a slot runs as. Without uid and gid: the host's own user, because the host was not started as root. */
export type SlotUser = { slot: number; uid?: number; gid?: number };

/**
 * A file or folder of the host inside the sandbox; read-only unless `writable`. Absolute paths. With the driver
 * `none` nothing is mounted, so `target` must equal `source` there: leave it out wherever you can.
 */
export type Mount = { source: string; target?: string; writable?: boolean };

export type Confinement = {
  user: SlotUser;
  mounts: readonly Mount[];
  /** Absolute, as seen from inside. */
  cwd: string;
  /** The whole environment inside. See `SandboxDriver.wrap` for how it gets there. */
  env: Record<string, string>;
  /** The program's way out; without one there is none. The driver `none` takes none: programs there have the machine's network. */
  outlet?: OutletMount;
  /** What of its run's own limits is set inside. */
  caps?: Caps;
};

/**
 * Of one run, in place of the driver's own or beside them. `memoryBytes`: what all of its programs may have together, so that no file system
 * in memory is larger; `dataBytes`: what one process may have.
 */
export type Caps = { processes?: number; openFiles?: number; memoryBytes?: number; dataBytes?: number };

/**
 * The folder of a network outlet (`workers/network/`), which addresses of the host's loopback are passed on by it (those
 * are there under the same address inside), and how many connections it may have at once: one more waits for its turn.
 */
export type OutletMount = { dir: string; forward: readonly Endpoint[]; connections: number };

/** Caps that hold for one sandbox, set inside it so that the agent cannot lift them. */
export type Limits = { processes: number; fileBytes: number };

export const DEFAULT_LIMITS: Limits = { processes: 4_096, fileBytes: 8 * 1024 ** 3 };

export type SandboxDriver = {
  name: "bwrap" | "none";
  /** Where its sandboxes show the workspace, whichever task's it is. Undefined where everything is seen at its own path. */
  workspaceAt?: string;
  /**
   * The argv that runs `command` confined; no shell reads it. Start it with EXACTLY `confinement.env` as its process
   * environment: variables travel that way because every user of the machine can read arguments.
   * @throws {ConfinementError} when this confinement must not or cannot be built
   */
  wrap(confinement: Confinement, command: readonly string[]): string[];
};

/** A confinement that the driver refuses; the message says what to change. */
export class ConfinementError extends Error {
  override name = "ConfinementError";
}

/** Refuses what no driver may accept, before any of it reaches a command line. */
export function checkConfinement(confinement: Confinement, command: readonly string[]): void {
  if (command.length === 0) throw new ConfinementError("there is no command to run");
  const { cwd, mounts, outlet } = confinement;
  const paths = [
    cwd,
    ...(outlet === undefined ? [] : [outlet.dir]),
    ...mounts.flatMap((mount) => [mount.source, targetOf(mount)]),
  ];
  for (const path of paths) {
    if (!/^\/[^\0]*$/.test(path) || path.split("/").includes("..")) {
      throw new ConfinementError(`not an absolute, plain path: ${JSON.stringify(path)}`);
    }
  }
  for (const name of Object.keys(confinement.env)) {
    if (isLoaderVariable(name)) {
      throw new ConfinementError(`the variable ${name} cannot be given to an agent; set it inside the agent's command`);
    }
  }
}

/** They would reach the programs that build the sandbox, which still run with the host's rights. */
export const isLoaderVariable = (name: string): boolean => /^(LD_|GLIBC_TUNABLES$|GCONV_PATH$)/.test(name);

/**
 * Where every sandbox sees its workspace: some agents look for their earlier sessions under the path of the folder that they
 * worked in, so that must be the same for all tasks.
 */
export const WORKSPACE_INSIDE = "/workspace";

/** Whether this path is the workspace there, or something in it. */
export const isInWorkspace = (path: string): boolean =>
  path === WORKSPACE_INSIDE || path.startsWith(`${WORKSPACE_INSIDE}/`);

/** Mounting over one of these would hand back what the sandbox takes away. */
const SYSTEM = ["/", "/proc", "/dev", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/run", "/tmp"];
export const isSystemPath = (path: string): boolean => SYSTEM.includes(path);

/** Where nothing of the operator's can be shown. */
export const isReservedPath = (path: string): boolean => isSystemPath(path) || isInWorkspace(path);

export const targetOf = (mount: Mount): string => mount.target ?? mount.source;

/** The caps as arguments for prlimit(1). No core files: they would hold the agent's secrets. */
export function limitArguments(
  limits: Limits,
  which: readonly ("processes" | "fileBytes")[],
  { processes = limits.processes, openFiles, dataBytes }: Caps = {},
): string[] {
  const both = (name: string, value: number | undefined) =>
    value === undefined ? [] : [`--${name}=${value}:${value}`];
  return [
    "--core=0:0",
    ...both("nproc", which.includes("processes") ? processes : undefined),
    ...both("fsize", which.includes("fileBytes") ? limits.fileBytes : undefined),
    ...both("nofile", openFiles),
    ...both("data", dataBytes),
  ];
}

/**
 * Gives up root for good: another user, no groups, no capabilities that could ever come back.
 * Empty where the host is an ordinary user; there is nothing to give up then.
 */
export function becomeUser(setpriv: string, user: Pick<SlotUser, "uid" | "gid">): string[] {
  if (user.uid === undefined || user.gid === undefined) return [];
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  return [
    setpriv,
    ...identity,
    "--no-new-privs",
    "--inh-caps=-all",
    "--ambient-caps=-all",
    "--bounding-set=-all",
    "--",
  ];
}

/** Below everything else on the machine. The kernel derives the I/O priority from it (best effort, level 6). */
export const BACKGROUND = ["-n", "10", "--"] as const;
