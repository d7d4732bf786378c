import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PROBES } from "../../../workers/sandbox/probes.ts";
import type { SandboxDriver } from "../../../workers/sandbox/sandbox.ts";
import { PROBE_LIMITS, runSelfTest } from "../../../workers/sandbox/self-test.ts";
import { ownBaseUid } from "../../support/own-uids.ts";
import { AS_ROOT } from "../support/machine.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-probes-"));
  await chmod(dir, 0o711);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const weak = (prefix: string[]): SandboxDriver => ({
  name: "bwrap",
  wrap: (confinement, command) => [...prefix.map((word) => word.replace("CWD", confinement.cwd)), ...command],
});
const here = ["env", "--chdir=CWD"];

// As root: a user whom these drivers do not become.
const user = AS_ROOT ? { slot: 0, uid: ownBaseUid, gid: ownBaseUid } : { slot: 0 };

/** `waitMs`: where a failure is expected it is not waited for long, elsewhere as long as a busy machine needs. */
async function failures(driver: SandboxDriver, waitMs?: number): Promise<Record<string, string>> {
  const hidden = [join(dir, "app-key.pem")];
  await writeFile(join(dir, "app-key.pem"), "key\n");
  const results = await runSelfTest(driver, { user, dir, hidden, processes: PROBE_LIMITS.processes, waitMs });
  return Object.fromEntries(results.filter((probe) => !probe.passed).map((probe) => [probe.name, probe.detail]));
}

test("finds every hole of a driver that does nothing", async () => {
  // Another user than the tests' own, an open variable, no caps: each probe but the last has its reason to fail here.
  const found = await failures(weak([...here, "EXTRA=1"]), 500);
  const always = [
    ...(AS_ROOT ? ["user", "capabilities", "accounts"] : []),
    "namespaces",
    "processes",
    "secrets",
    "leftovers",
    "other-slots",
    "private-tmp",
    "read-only",
    "environment",
    "limits",
  ];
  expect(Object.keys(found)).toEqual(expect.arrayContaining(always));
  expect(found.environment).toContain("EXTRA");
  expect(found.secrets).toContain("app-key.pem");
  expect(found["read-only"]).toContain("written");
});

test("finds that what a program starts may outlive bubblewrap, where its first process is open to the agent", async () => {
  const open = ["--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"];
  const found = await failures(weak([...here, "bwrap", ...open, "--die-with-parent"]));
  expect(found["first-process"]).toContain("may write into");
});

test("counts a probe as failed that cannot be tried", async () => {
  // No mount, no unshare.
  const bare = weak(["env", "--chdir=CWD", "sh", "-c", 'PATH=/nowhere; export PATH; exec "$@"', "sh"]);
  expect((await failures(bare, 500)).remount).toContain("cannot be tried without mount");
});

test.runIf(AS_ROOT)("finds that bubblewrap started by root does not confine", async () => {
  const found = await failures(
    weak([
      ...here,
      "bwrap",
      "--ro-bind",
      "/",
      "/",
      "--dev",
      "/dev",
      "--unshare-pid",
      "--proc",
      "/proc",
      "--die-with-parent",
    ]),
  );
  expect(found.user).toContain("root");
  expect(found.capabilities).toContain("CapEff");
  expect(found.remount).toContain("remounted");
  expect(found.accounts).toMatch(/shadow|sudoers|home folders/); // not every small system has all of them
  expect(found["parent-death"]).toBeUndefined();
});

test("finds a sandbox that lives on without its parent", async () => {
  const found = await failures(weak([...here, "sh", "-c", '"$@" & wait', "sh"]), 2_000);
  expect(found["parent-death"]).toContain("goes on");
});

test("says what the machine said when the sandbox does not even start", async () => {
  const broken = await failures(weak(["/bin/sh", "-c", "echo no such luck >&2; exit 1", "sh"]));
  expect(broken.starts).toContain("no such luck");
});

test("counts a probe that does not report as failed", async () => {
  const mute = weak(["/bin/sh", "-c", String.raw`printf 'user\tok\t\n'`, "sh"]);
  const found = await failures(mute, 500);
  expect(Object.keys(found)).toEqual(expect.arrayContaining(PROBES.filter((name) => name !== "user")));
});
