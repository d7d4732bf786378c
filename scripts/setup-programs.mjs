/**
 * The programs of the operating system that Orch starts, and how Debian gets them. Nothing is asked of apt-get, and no
 * password of anybody, while they are all there. Installing Redis does not leave a Redis service behind: Orch starts its own.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Each program, the Debian package that holds it, and what Orch does with it. */
const programs = [
  { name: "git", package: "git", use: "mirrors, worktrees and pushes" },
  { name: "redis-server", package: "redis-server", use: "tasks and queues" },
  { name: "tmux", package: "tmux", use: "the agents' sessions" },
  { name: "bwrap", package: "bubblewrap", use: "the agents' sandbox" },
  { name: "tcpserver", package: "ucspi-tcp", use: "the way out of a sandbox: waits for connections" },
  { name: "socat", package: "socat", use: "the way out of a sandbox: carries one" },
  { name: "setpriv", package: "util-linux", use: "one user per slot" },
];

/** The same for `npm run test:container` alone. */
export const containerPrograms = [
  { name: "crun", package: "crun", use: "containers without an engine" },
  { name: "mmdebstrap", package: "mmdebstrap", use: "what the image is built on" },
  { name: "ip", package: "iproute2", use: "the containers' network" },
];

/** The same for `npm run test:browser` alone. */
export const browserPrograms = [
  { name: "chromium", package: "chromium", use: "a browser that looks at the dashboard" },
];

const folders = [
  ...(process.env.PATH ?? "").split(":"),
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
];

/** Absolute path of a program on PATH or in the system's own folders (which a user's PATH may lack); undefined if absent. */
function findProgram(name) {
  for (const folder of folders.filter((path) => path.startsWith("/"))) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** Which of the programs this machine lacks; by default those that Orch starts. */
export function missingPrograms(wanted = programs) {
  return wanted.filter((program) => !findProgram(program.name));
}

/*
 * Runs as root: $@ = packages. While policy-rc.d answers 101, Debian's packages start no service (Debian policy manual 9.3);
 * a policy that is there already stays. Redis's service is then switched off for the next boot as well: port 6379 is not ours.
 */
const asRoot = `
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\\n# no service starts while packages are installed; safe to delete\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get update -qq || echo "apt-get update failed; trying with the package lists that are there"
apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@"
case " $* " in *" redis-server "*) if [ -d /run/systemd/system ]; then systemctl disable --quiet redis-server.service; fi ;; esac
`;

const byHand = (packages) => `sudo apt-get install --no-install-recommends ${packages.join(" ")}`;

function needed(packages) {
  const uses = [...programs, ...containerPrograms, ...browserPrograms]
    .filter((program) => packages.includes(program.package))
    .map((program) => `${program.package} (${program.use})`);
  return `These packages are needed: ${uses.join(", ")}.`;
}

/** How packages can be installed here: the words that make a command root's; or a problem with its next step. */
export function preparePackages(packages) {
  if (!findProgram("apt-get")) {
    const how = "There is no apt-get here; install them with this system's package manager, then start again.";
    return { problem: `${needed(packages)}\n${how}` };
  }
  const root = rootPrefix();
  if (root) return { root };
  const why = "This user is not root and cannot use sudo without a password. Install them with";
  return { problem: `${needed(packages)}\n${why}\n  ${byHand(packages)}\nthen start again.` };
}

/** Installs Debian packages by the words of `preparePackages`; returns a message with the next step when that fails. */
export function installPackages(packages, root) {
  const [file, ...args] = [...root, "sh", "-c", asRoot, "sh", ...packages];
  const result = spawnSync(file, args, {
    encoding: "utf8",
    stdio: ["inherit", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return undefined;
  const tail = `${result.stdout ?? ""}${result.stderr ?? ""}`.trim().split("\n").slice(-20).join("\n");
  return `${needed(packages)}\napt-get could not install them:\n${tail}\nInstall them by hand, then start again:\n  ${byHand(packages)}`;
}

/** How to become root: not at all, by sudo, or (undefined) there is no way. sudo may ask for a password at a terminal only. */
function rootPrefix() {
  if (process.getuid() === 0) return [];
  if (!findProgram("sudo")) return undefined;
  if (spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0) return ["sudo", "-n"];
  if (!process.stdin.isTTY || process.env.CI) return undefined;
  return spawnSync("sudo", ["-v"], { stdio: "inherit" }).status === 0 ? ["sudo"] : undefined;
}

/** What to do where the kernel refuses namespaces to ordinary users, which the sandbox needs; undefined where it grants them. */
export function sandboxHint() {
  const asNobody = process.getuid() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] : [];
  const [file, ...args] = [
    ...asNobody,
    "bwrap",
    "--unshare-user",
    "--unshare-pid",
    "--unshare-net",
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "true",
  ];
  const probe = spawnSync(file, args, { encoding: "utf8", cwd: "/" });
  if (probe.status === 0) return undefined;
  return (
    `the sandbox does not work here, agents would run unconfined (${(probe.stderr || String(probe.error)).trim()}).\n` +
    "  Usual reasons: sysctl kernel.unprivileged_userns_clone=0 (set it to 1), kernel.apparmor_restrict_unprivileged_userns=1\n" +
    "  (set it to 0), or a container without user namespaces. `orch doctor` tells more."
  );
}
