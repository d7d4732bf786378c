/**
 * The driver `bwrap`: an agent sees the machine's programs read-only, its own mounts, and nothing else; it has no
 * capabilities, sees no process but its own, and nothing that it started outlives it. Its network is a loopback of its
 * own; the one way out is the socket of its outlet (`workers/network/`), where it is given one.
 *
 * bubblewrap is never started as uid 0: run by root it does not confine (inside, `mount -o remount,bind,rw /` succeeds
 * and writes reach the host), so root is given up first, and every capability is dropped besides.
 */
import { lstatSync, readlinkSync } from "node:fs";
import { type BridgePrograms, bridgeScript, OUTLET_INSIDE } from "../network/bridge.ts";
import {
  BACKGROUND,
  becomeUser,
  type Confinement,
  ConfinementError,
  checkConfinement,
  isSystemPath,
  type Limits,
  limitArguments,
  type Mount,
  type SandboxDriver,
  targetOf,
  WORKSPACE_INSIDE,
} from "./confinement.ts";
import type { FirstProcess } from "./first-process.ts";

/** Absolute paths of the programs that build the sandbox. */
export type BwrapPrograms = { bwrap: string; setpriv: string; nice: string; prlimit: string } & BridgePrograms;

export type BwrapOptions = {
  programs: BwrapPrograms;
  /** The arguments that make the sandbox's `/etc`; see etc.ts. */
  etc: readonly string[];
  first: FirstProcess;
  limits: Limits;
  /** Uid of this process. */
  hostUid: number;
};

export function bwrapDriver(options: BwrapOptions): SandboxDriver {
  const { programs, limits } = options;
  const all = systemMounts(options);
  return {
    name: "bwrap",
    workspaceAt: WORKSPACE_INSIDE,
    wrap(confinement, command) {
      checkConfinement(confinement, command);
      refuseRoot(options.hostUid, confinement);
      refuseReserved(confinement.mounts);
      const { caps = {} } = confinement;
      const system = caps.memoryBytes === undefined ? all : systemMounts(options, caps.memoryBytes);
      return [
        ...becomeUser(programs.setpriv, confinement.user),
        programs.nice,
        ...BACKGROUND,
        programs.bwrap,
        ...namespaces,
        ...system,
        ...(confinement.outlet === undefined ? [] : ["--ro-bind", confinement.outlet.dir, OUTLET_INSIDE]),
        ...givenMounts(confinement.mounts),
        // What is left writable is what was mounted so: not the empty root, not the device folder.
        ...["--remount-ro", "/dev", "--remount-ro", "/"],
        ...["--chdir", confinement.cwd, "--"],
        ...options.first.running(
          [
            // Inside: the kernel counts processes per user namespace, so here the cap is the sandbox's alone.
            ...[programs.prlimit, ...limitArguments(limits, ["processes", "fileBytes"], caps), "--"],
            ...command,
          ],
          confinement.outlet === undefined ? "" : bridgeScript(programs, confinement.outlet),
        ),
      ];
    },
  };
}

// --unshare-user also where a setuid bwrap would not need it; --new-session so that no terminal can be typed into.
const namespaces = [
  ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", "--unshare-cgroup-try"],
  ...["--as-pid-1", "--die-with-parent", "--new-session", "--cap-drop", "ALL"],
];

function refuseRoot(hostUid: number, { user }: Confinement): void {
  const uid = user.uid ?? hostUid;
  if (uid !== 0 && (user.uid === undefined) === (user.gid === undefined)) return;
  throw new ConfinementError(`slot ${user.slot} has no user of its own: bubblewrap does not confine root`);
}

function refuseReserved(mounts: readonly Mount[]): void {
  for (const mount of mounts) {
    const target = targetOf(mount).replace(/(?<=.)\/+$/, "");
    if (mount.writable && mount.source === "/") throw new ConfinementError("the whole machine cannot be mounted");
    if (isSystemPath(target)) throw new ConfinementError(`nothing may be mounted over ${target}`);
  }
}

/** The part of the file system that is the same for every sandbox, as arguments. `mostBytes`: of what takes memory. */
function systemMounts({ etc, first }: BwrapOptions, mostBytes = Number.POSITIVE_INFINITY): string[] {
  const memory = (target: string, megabytes: number) => inMemory(target, Math.min(megabytes * 1024 ** 2, mostBytes));
  return [
    ...["--ro-bind", "/usr", "/usr"],
    ...["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].flatMap(likeOnTheHost),
    ...etc,
    ...["--proc", "/proc", "--dev", "/dev", ...memory("/dev/shm", 256)],
    ...[...memory("/tmp", 1024), ...memory("/run", 64), "--dir", "/var", "--symlink", "../tmp", "/var/tmp"],
    ...first.mount,
  ];
}

/** What is written there takes the machine's memory and ends with the sandbox. */
function inMemory(target: string, size: number): string[] {
  return ["--size", String(size), "--tmpfs", target];
}

/** `/bin` and its like are links into `/usr` on most machines and folders on some. */
function likeOnTheHost(path: string): string[] {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return [];
  return entry.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
}

/** Shorter targets first, so that a mount never hides one inside it. */
function givenMounts(mounts: readonly Mount[]): string[] {
  return [...mounts]
    .sort((a, b) => targetOf(a).length - targetOf(b).length)
    .flatMap((mount) => [mount.writable ? "--bind" : "--ro-bind", mount.source, targetOf(mount)]);
}
