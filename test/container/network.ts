/**
 * The network that Docker makes for a Compose project, in a network namespace that has nothing else: a bridge, and for each
 * container a namespace of its own with an address on it. This process is the machine on the bridge's other side.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

const BRIDGE = "orch0";
const SUBNET = "172.30.0";
/** This machine's address, as containers see it. */
export const GATEWAY = `${SUBNET}.1`;
/** A public host's address, and where clouds hand out credentials. Here they are this machine's: nobody asks the real ones. */
export const PUBLIC = "93.184.215.14";
export const METADATA = "169.254.169.254";

const ip = (...args: string[]) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });

export type Attached = { address: string; namespace: string };

export type Network = {
  /** A network namespace with an address; the given port of its loopback leads to the same port of this machine's. */
  attach(name: string): Promise<Attached>;
  close(): Promise<void>;
};

/** `port`: of this machine's loopback, where the simulated GitHub listens; Orch speaks http with a loopback only. */
export async function makeNetwork(port: number): Promise<Network> {
  ip("link", "set", "lo", "up");
  for (const address of [PUBLIC, METADATA]) ip("address", "add", `${address}/32`, "dev", "lo");
  ip("link", "add", BRIDGE, "type", "bridge");
  ip("address", "add", `${GATEWAY}/24`, "dev", BRIDGE);
  ip("link", "set", BRIDGE, "up");
  const children: ChildProcess[] = [];
  const start = async (file: string, args: string[]): Promise<number> => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "ignore"] }); // socat tells of every client that hangs up
    children.push(child);
    await Promise.race([
      once(child.stdout, "data"),
      once(child, "exit").then(() => Promise.reject(new Error(`${file} ${args.join(" ")} has ended`))),
    ]);
    return child.pid ?? 0;
  };
  await start("tcpserver", forwarding(GATEWAY, port, "127.0.0.1"));
  let number = 1;
  return {
    async attach(name) {
      number += 1;
      const address = `${SUBNET}.${number}`;
      // Holds the namespace open: a container may end and come again in it.
      const pid = await start("unshare", ["--net", "sh", "-c", "echo up; exec sleep infinity"]);
      const namespace = `/proc/${pid}/ns/net`;
      const inside = (...args: string[]) => execFileSync("nsenter", [`--net=${namespace}`, "ip", ...args]);
      ip("link", "add", `orch-${name}`, "type", "veth", "peer", "name", "eth0", "netns", String(pid));
      ip("link", "set", `orch-${name}`, "master", BRIDGE, "up");
      inside("link", "set", "lo", "up");
      inside("address", "add", `${address}/24`, "dev", "eth0");
      inside("link", "set", "eth0", "up");
      inside("route", "add", "default", "via", GATEWAY);
      await start("nsenter", [`--net=${namespace}`, "tcpserver", ...forwarding("127.0.0.1", port, GATEWAY)]);
      return { address, namespace };
    },
    async close() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      }
      ip("link", "delete", BRIDGE);
    },
  };
}

/** Arguments of tcpserver, which says its port once it listens there: each connection is carried on to another address. */
const forwarding = (from: string, port: number, to: string): string[] => [
  ...["-1", "-H", "-R", "-l0", "-c", "500", "-b", "100", from, String(port)],
  ...["socat", "-t", "60", "STDIO", `TCP4:${to}:${port}`],
];
