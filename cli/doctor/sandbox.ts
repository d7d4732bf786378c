/**
 * The sandbox's self-test, that of its network included, exactly as a worker host runs it at start, in a folder that is thrown
 * away and with a network proxy that ends with it.
 */
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Env } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import { makeLog } from "../../src/log.ts";
import { NetworkError, openNetwork } from "../../workers/network/network.ts";
import type { OperatorFile } from "../../workers/operator-file.ts";
import { ConfinementError } from "../../workers/sandbox/confinement.ts";
import { NETWORK_PROBES } from "../../workers/sandbox/network-probes.ts";
import { NONE_WARNING } from "../../workers/sandbox/none.ts";
import {
  chooseDriver,
  IN_THE_WAY,
  type ProbeResult,
  type SandboxDriver,
  SandboxError,
  type SlotUser,
} from "../../workers/sandbox/sandbox.ts";
import { proxyUid, slotUsers, trialUser, unreachablePaths } from "../../workers/sandbox/slot-users.ts";
import { type Check, note, ok, problem } from "./check.ts";

/** A sandbox that passed, for whoever wants to try something in it. `dir` is open to slot users. */
export type Ground = { driver: SandboxDriver; user: SlotUser; dir: string };

const KERNEL =
  "The usual reasons: sysctl kernel.unprivileged_userns_clone=0 (set it to 1), kernel.apparmor_restrict_unprivileged_userns=1 " +
  "(set it to 0), or a container that forbids namespaces (see the worker's security_opt in compose.yaml)";
const PROXY =
  "Programs in a sandbox do not get out as they should. Usual reasons: a firewall on this machine's loopback, or another " +
  "program in place of socat or tcpserver. Otherwise please report it with this text";
/** What the proxy is asked for: the others of NETWORK_PROBES try what leads past it. */
const BY_PROXY = /^ *(listed-host|unlisted-host):/m;

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
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function prove(env: Env, operator: OperatorFile | undefined, dir: string) {
  const mode = operator?.sandbox ?? "auto";
  try {
    const users = await slotUsers(operator?.slots ?? 1, process.getuid?.() ?? 0, operator?.sandboxBaseUid);
    const user = trialUser(users);
    const log = makeLog("silent", "doctor");
    const network =
      mode === "none" ? undefined : await openNetwork({ dir: join(dir, "network"), uid: proxyUid(users), log });
    const options = { mode, dir: join(dir, "sandbox"), users, hidden: hiddenPaths(env), network };
    const { driver, selfTest } = await chooseDriver(options).finally(() => network?.release());
    const failed = selfTest.filter((probe) => !probe.passed).map(({ name, detail }) => `${name}: ${detail}`);
    const off = [note(driver.name, NONE_WARNING), ...failed.map((text) => note("does not hold", text))];
    const checks = [...(driver.name === "none" ? off : proven(driver.name, selfTest)), ...(await reachable(env, user))];
    return { checks, ground: { driver, user, dir } };
  } catch (error) {
    if (error instanceof NetworkError) return { checks: [problem("network", error.message, PROXY)], ground: undefined };
    if (!(error instanceof SandboxError || error instanceof ConfinementError)) throw error;
    return { checks: [problem(mode, error.message, remedyFor(error.message))], ground: undefined };
  }
}

/** All probes have passed. */
function proven(driver: string, selfTest: readonly ProbeResult[]): Check[] {
  const names = selfTest.map((probe) => probe.name);
  const ofNetwork = names.filter((name) => NETWORK_PROBES.some((each) => each === name));
  const others = names.filter((name) => !ofNetwork.includes(name));
  return [
    ok(driver, `passes ${others.length} of ${others.length} probes: ${others.join(", ")}`),
    ok("network", `passes ${ofNetwork.length} of ${NETWORK_PROBES.length} probes: ${ofNetwork.join(", ")}`),
  ];
}

/** What to do about a sandbox that cannot be had, by what its refusal says. */
export function remedyFor(message: string): string {
  const missing = /is not installed \(Debian package ([\w-]+)\)/.exec(message)?.[1];
  if (missing) return `sudo apt-get install --no-install-recommends ${missing}`;
  if (message.includes(IN_THE_WAY))
    return "see what stands in its way, above; compose.yaml has all that a container needs";
  return BY_PROXY.test(message) ? PROXY : KERNEL;
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
    join(data, "host", "talk"),
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
