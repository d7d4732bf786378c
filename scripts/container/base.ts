/**
 * What our image is built on, and what its first RUN lines add: Debian with Node and its user `node`, as the official image has
 * them, then the Dockerfile's packages. It takes half a minute and changes with the Dockerfile only, so it is kept
 * on this machine, in a folder that is named by all that it was made of.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { type Instruction, valuesOf } from "./dockerfile.ts";

/** The one place of this machine where the test leaves something: bases, and an empty folder to work in. */
export const CACHE = "/var/cache/orch-test-container";
const BASES = join(CACHE, "bases");
const KEPT_MS = 7 * 24 * 3_600_000;

/** The folder of the base with the given RUN lines carried out in it; made where it is not there yet. */
export function makeBase(final: readonly Instruction[], runs: readonly string[], say: (text: string) => void): string {
  const from = valuesOf(final, "FROM")[0] ?? "";
  const [, node, suite] = /^node:(\d+)-([a-z]+)-slim$/.exec(from) ?? [];
  if (!node || !suite)
    throw new Error(`the image is made from ${from}, and only node:<number>-<Debian>-slim is known here`);
  if (!process.version.startsWith(`v${node}.`)) say(`the image has Node ${node}; here it gets ${process.version}`);
  const parts = JSON.stringify([suite, process.version, process.arch, runs]);
  const dir = join(BASES, createHash("sha256").update(parts).digest("hex").slice(0, 16));
  mkdirSync(BASES, { recursive: true, mode: 0o700 });
  forgetUnused();
  if (existsSync(dir)) {
    utimesSync(dir, new Date(), new Date());
    return dir;
  }
  const made = `${dir}.${process.hrtime.bigint()}`;
  say(`making Debian ${suite} with the image's packages (once; kept in ${dir})`);
  try {
    make(made, suite, runs);
    renameSync(made, dir);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(dir)) throw error; // else another run of this test was faster
  }
  return dir;
}

function make(root: string, suite: string, runs: readonly string[]): void {
  execFileSync("mmdebstrap", ["--quiet", "--variant=minbase", suite, root], { stdio: ["ignore", 2, 2] });
  copyFileSync("/etc/resolv.conf", join(root, "etc", "resolv.conf"));
  copyFileSync(process.execPath, join(root, "usr", "local", "bin", "node"));
  appendFileSync(join(root, "etc", "group"), "node:x:1000:\n");
  appendFileSync(join(root, "etc", "passwd"), "node:x:1000:1000::/home/node:/bin/bash\n");
  runIn(root, "install -d -o node -g node /home/node");
  for (const line of runs) runIn(root, line);
  runIn(root, "apt-get clean"); // the official image does it by itself
}

/** One RUN line, by the root of this machine in place of a container's; its mounts end with it. */
export function runIn(root: string, line: string): void {
  const script = 'mount -t proc proc "$1/proc" && exec chroot "$1" /bin/sh -c "$2"';
  const env = {
    ...process.env,
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    DEBIAN_FRONTEND: "noninteractive",
    LC_ALL: "C.UTF-8",
  };
  try {
    execFileSync("unshare", ["--mount", "sh", "-c", script, "run", root, line], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: Buffer; stderr?: Buffer };
    throw new Error(`RUN ${line}\nfailed:\n${`${stdout}${stderr}`.split("\n").slice(-20).join("\n")}`);
  }
}

/** Also what a run left half made that was killed. */
function forgetUnused(): void {
  for (const name of readdirSync(BASES)) {
    const dir = join(BASES, name);
    if (Date.now() - statSync(dir).mtimeMs > KEPT_MS) rmSync(dir, { recursive: true, force: true });
  }
}
