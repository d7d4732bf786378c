import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runProgram } from "../../../workers/run-program.ts";
import { NETWORK_PROBES } from "../../../workers/sandbox/network-probes.ts";
import { NONE_WARNING } from "../../../workers/sandbox/none.ts";
import { PROBES } from "../../../workers/sandbox/probes.ts";
import { chooseDriver, SandboxError, type SandboxMode } from "../../../workers/sandbox/sandbox.ts";
import { slotUsers, unreachablePaths } from "../../../workers/sandbox/slot-users.ts";
import { ownBaseUid } from "../../support/own-uids.ts";
import { AS_ROOT } from "../support/machine.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-sandbox-"));
  await chmod(dir, 0o711);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const users = await slotUsers(2, process.getuid?.() ?? -1, ownBaseUid);
const choose = (mode: SandboxMode, more = {}) => chooseDriver({ mode, dir: join(dir, "sandbox"), users, ...more });
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error) => error,
  );

test("chooses bubblewrap and proves every probe of it", async () => {
  const { driver, selfTest } = await choose("auto", { hidden: [process.execPath, join(dir, "key")] });
  expect(driver.name).toBe("bwrap");
  expect(selfTest.map((probe) => probe.name)).toEqual([...PROBES, "leftovers", "parent-death"]);
  expect(selfTest.filter((probe) => !probe.passed)).toEqual([]);
});

test("refuses to run with a hole, names it, and says how to choose none", async () => {
  // /usr is in every sandbox, so a secret kept there cannot be hidden.
  const error = await failure(choose("auto", { hidden: ["/usr/bin"] }));
  expect(error).toBeInstanceOf(SandboxError);
  expect(error?.message).toMatch(/secrets: sees \/usr\/bin[\s\S]*sandbox: none/);
});

test("does not fall back to something weaker where bubblewrap is missing", async () => {
  const error = await failure(choose("auto", { searchPath: "/nowhere" }));
  expect(error?.message).toMatch(/bwrap is not installed.*bubblewrap[\s\S]*sandbox: none/);
});

test("records with none what does not hold, and still runs", async () => {
  const { driver, selfTest } = await choose("none");
  expect(driver.name).toBe("none");
  expect(selfTest.filter((probe) => !probe.passed).map((probe) => probe.name)).toContain("namespaces");
  expect(NONE_WARNING).toContain("unconfined");
});

test.runIf(AS_ROOT).each(["none", "auto"] as const)(
  "starts with %s beside the many processes of an agent that went on while the host was away",
  async (mode) => {
    const [user] = users;
    const many = "n=0; while [ $n -lt 60 ]; do sleep 60 & n=$((n + 1)); done; echo up; wait";
    const identity = [`--reuid=${user?.uid}`, `--regid=${user?.gid}`, "--clear-groups"];
    const agent = spawn("setpriv", [...identity, "sh", "-c", many], { detached: true });
    try {
      await once(agent.stdout, "data");
      expect((await choose(mode)).driver.name).toBe(mode === "none" ? "none" : "bwrap");
    } finally {
      process.kill(-(agent.pid ?? 0), "SIGKILL");
      await once(agent, "exit");
    }
  },
);

test.runIf(AS_ROOT)("says which folder keeps the slots' users out", async () => {
  await chmod(dir, 0o700);
  const error = await failure(choose("auto"));
  expect(error?.message).toContain(`chmod o+x ${dir}`);
});

const program = fileURLToPath(new URL("../support/self-test-here.ts", import.meta.url));
const nobody = { slot: 0, uid: 65_534, gid: 65_534 };
/** Below a private folder such as /root an ordinary user cannot even read this checkout. */
const readable = (await unreachablePaths(nobody, [{ source: program }, { source: process.execPath }])).length === 0;

test.runIf(AS_ROOT && readable)(
  "confines for an ordinary user as well",
  async () => {
    await chmod(dir, 0o777);
    const args = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, program, join(dir, "sandbox")];
    const finished = await runProgram({ file: "/usr/bin/setpriv", args, env: {}, timeoutMs: 60_000 });
    expect(finished.stderr).toBe("");
    expect(JSON.parse(finished.stdout)).toEqual({
      uid: 65_534,
      driver: "bwrap",
      failed: [],
      probes: PROBES.length + NETWORK_PROBES.length + 2,
    });
  },
  60_000,
);
