import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { obstacles } from "../../../workers/sandbox/obstacles.ts";

let proc: string;
beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), "orch-proc-"));
});
afterEach(() => rm(proc, { recursive: true, force: true }));

/** As a kernel shows it. */
async function show(files: Record<string, string>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(proc, name)), { recursive: true });
    await writeFile(join(proc, name), text);
  }
  return await obstacles(proc);
}

const mounts = (...points: string[]) => points.map((point) => `20 1 0:4 / ${point} rw - proc proc rw\n`).join("");

test("a machine that grants namespaces has no obstacle, whatever its kernel does not know", async () => {
  expect(await show({})).toEqual([]);
  const open = {
    "self/status": "Name:\tnode\nSeccomp:\t0\nSeccomp_filters:\t0\n",
    "self/attr/current": "unconfined\n",
    "self/mountinfo": mounts("/", "/proc", "/proc/sys/fs/binfmt_misc"),
    "sys/kernel/unprivileged_userns_clone": "1\n",
    "sys/kernel/apparmor_restrict_unprivileged_userns": "0\n",
    "sys/user/max_user_namespaces": "63000\n",
  };
  expect(await show(open)).toEqual([]);
});

test.each([
  ["self/status", "NoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n", "`security_opt: seccomp=unconfined`"],
  [
    "self/attr/current",
    "docker-default (enforce)\n",
    "docker-default. A container needs `security_opt: apparmor=unconfined`",
  ],
  ["self/mountinfo", mounts("/", "/proc", "/proc/kcore"), "`security_opt: systempaths=unconfined`"],
  ["sys/kernel/unprivileged_userns_clone", "0\n", "sysctl -w kernel.unprivileged_userns_clone=1"],
  ["sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", "kernel.apparmor_restrict_unprivileged_userns=0"],
  ["sys/user/max_user_namespaces", "0\n", "sysctl -w user.max_user_namespaces="],
])("%s tells what stands in the way, and what to do", async (file, text, words) => {
  expect(await show({ [file]: text })).toEqual([expect.stringContaining(words)]);
});
