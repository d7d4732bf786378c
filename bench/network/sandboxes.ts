/**
 * Sandboxes as the worker host makes them, with a way out through its network proxy, and the same ones without a network
 * namespace, which have the machine's network: the two sides of what the network costs.
 */
import { chmod, copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { placeProgram } from "../../demo/place-program.ts";
import { openNetwork } from "../../workers/network/network.ts";
import type { Policy } from "../../workers/network/policy.ts";
import { runProgram } from "../../workers/run-program.ts";
import { chooseDriver, type SlotUser } from "../../workers/sandbox/sandbox.ts";
import { proxyUid, slotUsers } from "../../workers/sandbox/slot-users.ts";

/** `own`: a network namespace with bridge and outlet. `machine`: what a sandbox had before there were any. */
export type Side = "own" | "machine";

export type Sandboxes = {
  /** Node and the measuring program, as a sandbox sees them. */
  client: readonly string[];
  /** Opens an outlet where there is to be one, runs the command in a new sandbox, and gives what it printed. */
  run(side: Side, command: readonly string[]): Promise<string>;
  close(): Promise<void>;
};

const NAMESPACE = "--unshare-net";
const FOR_MS = 60_000;

/** `port`: what sandboxes may reach on the machine's loopback. */
export async function openSandboxes(port: number): Promise<Sandboxes> {
  const dir = await mkdtemp(join(tmpdir(), "orch-bench-n-"));
  await chmod(dir, 0o711);
  const users = await slotUsers(1, process.getuid?.() ?? -1);
  const user = users[0] as SlotUser;
  const network = await openNetwork({
    dir: join(dir, "network"),
    uid: proxyUid(users),
    log: pino({ level: "silent" }),
  });
  const { driver } = await chooseDriver({ mode: "bwrap", dir: join(dir, "sandbox"), users, network });
  const programs = join(dir, "programs");
  await mkdir(programs, { mode: 0o755 });
  const [node, file] = [join(programs, "node"), join(programs, "client.ts")];
  placeProgram(process.execPath, node);
  await copyFile(fileURLToPath(new URL("client.ts", import.meta.url)), file);
  let last = 0;

  async function run(side: Side, command: readonly string[]): Promise<string> {
    const id = `bench-${++last}`;
    const confinement = { user, cwd: programs, env: { PATH: "/usr/bin:/bin" }, mounts: [{ source: programs }] };
    if (side === "machine") return output(withMachinesNetwork(driver.wrap(confinement, command)), confinement.env);
    try {
      const outlet = { dir: network.place(id, user), forward: [], connections: 256 };
      await network.open(id, policyFor(port), FOR_MS);
      return await output(driver.wrap({ ...confinement, outlet }, command), confinement.env);
    } finally {
      await network.close(id);
    }
  }
  return {
    client: [node, file],
    run,
    async close() {
      network.release(); // without outlets the proxy ends by itself
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Another sandbox in nothing but this. */
function withMachinesNetwork(argv: readonly string[]): string[] {
  const left = argv.filter((word) => word !== NAMESPACE);
  if (left.length !== argv.length - 1) throw new Error(`the sandbox is not made with ${NAMESPACE}`);
  return left;
}

async function output(argv: readonly string[], env: Record<string, string>): Promise<string> {
  const [file = "", ...args] = argv;
  const { exitCode, stdout, stderr } = await runProgram({ file, args, env, timeoutMs: FOR_MS });
  if (exitCode !== 0) throw new Error(`the program in the sandbox ended with ${exitCode}: ${stderr.slice(-2_000)}`);
  return stdout;
}

const policyFor = (port: number): Policy => ({
  egress: "open",
  rules: [{ whose: "operator", egress: "open" }],
  private: [{ address: "127.0.0.1", port }],
  never: [],
  limits: { connections: 512, bytes: 1e12 },
});
