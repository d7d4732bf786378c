/**
 * `npm run test:container`: the services of compose.yaml in real containers, by crun in place of Docker. Needs root on Linux.
 *
 * Everything happens in namespaces of its own: mounts, processes, and (for the tests) the network. They end with their
 * first process, which ends with this one, so nothing is left behind, however this ends. Only the image's base is kept.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE } from "./container/base.ts";
import { containerPrograms, installPackages, missingPrograms, preparePackages } from "./setup-programs.mjs";

/** Where nobody can make containers, that is said and is no failure. */
const WHERE_POSSIBLE = "--where-possible";
const args = process.argv.slice(2).filter((word) => word !== WHERE_POSSIBLE);

function fail(text: string): never {
  console.error(`test:container: ${text}`);
  process.exit(1);
}

function impossible(text: string): never {
  if (!process.argv.includes(WHERE_POSSIBLE)) fail(text);
  console.error(`test:container: NOT RUN: ${text}`);
  process.exit(0);
}

function install(): void {
  const packages = missingPrograms(containerPrograms).map((program) => program.package);
  if (packages.length === 0) return;
  console.error(`test:container: installing ${packages.join(", ")} (apt-get) ...`);
  const { root, problem } = preparePackages(packages);
  const failure = problem ?? installPackages(packages, root ?? []);
  if (failure) fail(failure);
}

/** Tries what everything here is made of, so that its absence is told as that and not as some test's failure. */
function tryKernel(dir: string): void {
  const script = `set -e; mount -t tmpfs tmpfs "$1"; cd "$1"; mkdir a b c d; mount -t overlay overlay -o lowerdir=a,upperdir=b,workdir=c d
ip link add orch-try type veth peer name orch-try2; ip link add orch-try3 type bridge; setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user --map-root-user true`;
  const { status, stderr } = spawnSync("unshare", ["--mount", "--net", "sh", "-c", script, "try", dir], {
    encoding: "utf8",
  });
  if (status === 0) return;
  impossible(
    `this machine allows no containers, so nothing was tested (${stderr.trim()}).\n` +
      "It takes root with all its rights, overlayfs, veth, bridges, and user namespaces for everybody: a virtual machine has that, " +
      "a container of Docker's does not unless it is --privileged.",
  );
}

if (process.getuid?.() !== 0) impossible("it makes containers, so it has to be root: sudo npm run test:container");
install();
// Hidden by each run's own mount, so that several runs do not meet there.
const dir = join(CACHE, "work");
mkdirSync(dir, { recursive: true, mode: 0o700 });
tryKernel(dir);
const inside = fileURLToPath(new URL("container/inside.ts", import.meta.url));
const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
const command = [...["--pdeathsig", "KILL", "unshare"], ...namespaces, process.execPath, inside, dir];
const { status, error } = spawnSync("setpriv", [...command, ...args], { stdio: "inherit" });
if (error) throw error;
process.exit(status ?? 1);
