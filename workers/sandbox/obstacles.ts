/**
 * Why no sandbox starts here, as far as the kernel tells: bubblewrap itself knows only which call was refused. Inside of a container
 * it is the engine's walls, elsewhere a setting of the machine.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What stands in a sandbox's way, each with what to do; empty where nothing is known to. */
export async function obstacles(proc = "/proc"): Promise<string[]> {
  const read = (path: string) => readFile(join(proc, path), "utf8").catch(() => ""); // not every kernel has all of them
  const found: string[] = [];
  if (/^Seccomp:\s*2$/m.test(await read("self/status"))) {
    found.push(
      "a filter of system calls (seccomp). A container needs `security_opt: seccomp=unconfined`; a service of systemd has it from SystemCallFilter, RestrictNamespaces and the like",
    );
  }
  const [, profile] = /^(.+) \((?:enforce|kill)\)\s*$/.exec(await read("self/attr/current")) ?? [];
  if (profile) {
    found.push(`the AppArmor profile ${profile}. A container needs \`security_opt: apparmor=unconfined\``);
  }
  if (coversProc(await read("self/mountinfo"))) {
    found.push("parts of /proc are covered. A container needs `security_opt: systempaths=unconfined`");
  }
  for (const { path, bad, sysctl } of SETTINGS) {
    if ((await read(`sys/${path}`)).trim() === bad) {
      found.push(`a setting of this machine's kernel. As root, outside of any container: sysctl -w ${sysctl}`);
    }
  }
  return found;
}

const SETTINGS = [
  { path: "kernel/unprivileged_userns_clone", bad: "0", sysctl: "kernel.unprivileged_userns_clone=1" },
  {
    path: "kernel/apparmor_restrict_unprivileged_userns",
    bad: "1",
    sysctl: "kernel.apparmor_restrict_unprivileged_userns=0",
  },
  { path: "user/max_user_namespaces", bad: "0", sysctl: "user.max_user_namespaces=15000" },
];

/** What is mounted over a part of /proc; binfmt_misc has a place of its own there on every machine. */
function coversProc(mountinfo: string): boolean {
  const points = mountinfo.split("\n").map((line) => line.split(" ")[4] ?? "");
  return points.some((point) => point.startsWith("/proc/") && point !== "/proc/sys/fs/binfmt_misc");
}
