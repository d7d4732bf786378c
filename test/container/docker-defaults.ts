/**
 * What Docker's engine tells its runtime of a container for which nothing is said, as an OCI configuration: rights, namespaces,
 * mounts, what of /proc is hidden; and what each `security_opt` of compose.yaml takes away of that.
 */
import type { Service } from "./compose-file.ts";

export type Mount = { destination: string; type: string; source: string; options: string[] };

const CAPABILITIES =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    .split(" ")
    .map((name) => `CAP_${name}`);

const MASKED =
  "/proc/asound /proc/acpi /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware".split(
    " ",
  );
const READ_ONLY = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger".split(" ");

const MOUNTS: Mount[] = [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
  {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
  },
];

export type Program = {
  uid: number;
  gid: number;
  umask?: number;
  args: string[];
  env: Record<string, string>;
  cwd: string;
};

/** The whole config.json. `network`: the file of a network namespace. */
export function ociConfig(
  program: Program,
  container: { root: string; hostname: string; network: string; mounts: Mount[]; securityOpt: Service["security_opt"] },
): { process: object } & Record<string, unknown> {
  const { uid, gid, umask, args, env, cwd } = program;
  const walls = wallsOf(container.securityOpt);
  // A user other than root gets no capabilities, but could get those of the bounding set back by a setuid program.
  const own = uid === 0 ? CAPABILITIES : [];
  return {
    ociVersion: "1.0.0",
    process: {
      user: { uid, gid, additionalGids: [gid], ...(umask === undefined ? {} : { umask }) },
      args,
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      cwd,
      capabilities: { bounding: CAPABILITIES, effective: own, permitted: own },
      noNewPrivileges: false,
    },
    root: { path: container.root, readonly: false },
    hostname: container.hostname,
    mounts: [...MOUNTS, ...container.mounts],
    linux: {
      namespaces: [
        ...["mount", "uts", "pid", "ipc"].map((type) => ({ type })),
        { type: "network", path: container.network },
      ],
      sysctl: { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" },
      ...walls,
    },
  };
}

/**
 * The two profiles are not carried along; here stands what both keep from a sandbox. Docker's seccomp profile allows a program without
 * CAP_SYS_ADMIN neither new namespaces nor mounts, its AppArmor profile no mounts: as many a machine's kernel has no AppArmor, a
 * filter of system calls stands in for that, with the error that AppArmor gives.
 */
function wallsOf(securityOpt: readonly string[]): object {
  const unconfined = new Set(["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"]);
  const unknown = securityOpt.filter((line) => !unconfined.has(line));
  if (unknown.length > 0) throw new Error(`security_opt that is not understood: ${unknown.join(", ")}`);
  const has = (name: string) => !securityOpt.includes(`${name}=unconfined`);
  const rules = has("seccomp") ? SECCOMP : has("apparmor") ? APPARMOR : [];
  return {
    ...(has("systempaths") ? { maskedPaths: MASKED, readonlyPaths: READ_ONLY } : {}),
    ...(rules.length > 0 ? { seccomp: { defaultAction: "SCMP_ACT_ALLOW", syscalls: rules } } : {}),
  };
}

const refuse = { action: "SCMP_ACT_ERRNO", errnoRet: 1 };
const MOUNTING = ["mount", "umount2", "pivot_root"];
const APPARMOR = [{ names: MOUNTING, action: "SCMP_ACT_ERRNO", errnoRet: 13 }];
/** clone(2)'s flags of namespaces, one rule a flag. clone3 hides its flags from filters: it is said not to exist (ENOSYS). */
const FLAGS = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000];
const SECCOMP = [
  { names: [...MOUNTING, "unshare", "setns"], ...refuse },
  { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
  ...FLAGS.map((flag) => ({
    names: ["clone"],
    ...refuse,
    args: [{ index: 0, value: flag, valueTwo: flag, op: "SCMP_CMP_MASKED_EQ" }],
  })),
];
