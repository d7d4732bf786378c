/** The sandbox's self-test, exactly as a worker host runs it at start, in a folder that is thrown away. */
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Env } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import type { OperatorFile } from "../../workers/operator-file.ts";
import { ConfinementError } from "../../workers/sandbox/confinement.ts";
import { NONE_WARNING } from "../../workers/sandbox/none.ts";
import { chooseDriver, type SandboxDriver, SandboxError, type SlotUser } from "../../workers/sandbox/sandbox.ts";
import { slotUsers, trialUser, unreachablePaths } from "../../workers/sandbox/slot-users.ts";
import { type Check, note, ok, problem } from "./check.ts";

/** A sandbox that passed, for whoever wants to try something in it. `dir` is open to slot users. */
export type Ground = { driver: SandboxDriver; user: SlotUser; dir: string };

const KERNEL =
  "The usual reasons: sysctl kernel.unprivileged_userns_clone=0 (set it to 1), kernel.apparmor_restrict_unprivileged_userns=1 " +
  "(set it to 0), or a container that forbids namespaces (see the worker's security_opt in compose.yaml)";

/** Calls `use` with the sandbox while it stands, or with undefined when it cannot be had. */
export async function checkSandbox(
  env: Env,
  operator: OperatorFile | undefined,
  use: (ground: Ground | undefined) => Promise<void>,
): Promise<Check[]> {
  const dir = await mkdtemp(join(tmpdir(), "orch-doctor-"));
  try {
    await chmod(dir, 0o711);
    const { checks, ground } = await prove(env, operator, dir);
    await use(ground);
    return checks;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function prove(env: Env, operator: OperatorFile | undefined, dir: string) {
  const mode = operator?.sandbox ?? "auto";
  try {
    const users = await slotUsers(operator?.slots ?? 1, process.getuid?.() ?? 0, operator?.sandboxBaseUid);
    const user = trialUser(users);
    const { driver, selfTest } = await chooseDriver({
      mode,
      dir: join(dir, "sandbox"),
      users,
      hidden: hiddenPaths(env),
    });
    const failed = selfTest.filter((probe) => !probe.passed).map(({ name, detail }) => `${name}: ${detail}`);
    const names = selfTest.filter((probe) => probe.passed).map((probe) => probe.name);
    const passed = ok(driver.name, `passes ${names.length} of ${selfTest.length} probes: ${names.join(", ")}`);
    const off = [note(driver.name, NONE_WARNING), ...failed.map((text) => note("does not hold", text))];
    const checks = [...(driver.name === "none" ? off : [passed]), ...(await reachable(env, user))];
    return { checks, ground: { driver, user, dir } };
  } catch (error) {
    if (!(error instanceof SandboxError || error instanceof ConfinementError)) throw error;
    return { checks: [problem(mode, error.message, KERNEL)], ground: undefined };
  }
}

function hiddenPaths(env: Env): string[] {
  const data = dataDirOf(env);
  const key = env.PRIVATE_KEY_PATH ? [resolve(env.PRIVATE_KEY_PATH)] : [];
  return [
    join(data, "worker-secret"),
    join(data, "redis"),
    join(data, "bot"),
    join(data, "host", "runs"),
    join(data, "host", "tmux"),
    ...key,
  ];
}

/** Slot users must be able to pass the folders above the data folder, or those above where it will be. */
async function reachable(env: Env, user: SlotUser): Promise<Check[]> {
  let folder = dataDirOf(env);
  while (!(await stat(folder).catch(() => undefined))) folder = dirname(folder);
  const [blocked] = await unreachablePaths(user, [{ source: join(folder, ".") }]);
  return blocked ? [problem("data folder", `agents cannot reach ${dataDirOf(env)}`, blocked.remedy)] : [];
}
