/**
 * What is tried at start of a sandbox's network: whether anything of this machine, of another slot or of the networks around
 * is there, and whether the one way out leads where it should and nowhere else. Each probe does what a hostile agent
 * would. Nothing is sent where the sandbox shares the machine's network: that alone is a failure, and is told as all of them.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readlink } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { BRIDGE_PORT } from "../network/bridge.ts";
import type { Network } from "../network/network.ts";
import { createServer as createHttpServer } from "../node-http.ts";
import { converse, runProgram } from "../run-program.ts";
import type { Confinement, SandboxDriver } from "./confinement.ts";
import type { ProbeResult } from "./self-test.ts";

/** Names in the order of the script; a probe that does not report counts as failed. */
export const NETWORK_PROBES = [
  "host-loopback",
  "abstract-socket",
  "slot-loopback",
  "private-address",
  "metadata-address",
  "direct-dns",
  "direct-tcp",
  "direct-udp",
  "listed-host",
  "unlisted-host",
] as const;

const OUTLET = "self-test";
const PROBE_MS = 20_000;
/** Where the other slot's sandbox listens. */
const SLOT_PORT = 17_129;

/**
 * POSIX sh; `$1` the host's network namespace, `$2` a port of the host's loopback that is listed, `$3` one that is not, `$4` an
 * abstract socket of the host, `$5` what the listed port answers. 192.0.2.1 is nobody's (RFC 5737).
 */
const SCRIPT = String.raw`
exec 2>/dev/null
report() { # name, what went wrong (empty: nothing)
  if [ -z "$2" ]; then printf '%s\tok\t\n' "$1"; else printf '%s\tFAILED\t%s\n' "$1" "$2"; fi
}
if [ "$(readlink /proc/self/ns/net)" = "$1" ]; then
  for name in ${NETWORK_PROBES.join(" ")}; do report "$name" "shares the network of this machine"; done
  exit
fi
reaches() { echo x | socat -u -T 2 STDIN "$1"; }
out_of_reach() { # name, what, address of socat
  if reaches "$3"; then report "$1" "reaches $2"; else report "$1" ""; fi
}
out_of_reach host-loopback "the loopback of this machine" "TCP4:127.0.0.1:$3,connect-timeout=2"
out_of_reach abstract-socket "an abstract socket of this machine" "ABSTRACT-CONNECT:$4"
out_of_reach slot-loopback "what another slot listens on" "TCP4:127.0.0.1:${SLOT_PORT},connect-timeout=2"
out_of_reach private-address "a private address" "TCP4:10.255.255.254:80,connect-timeout=2"
out_of_reach metadata-address "the metadata address of clouds" "TCP4:169.254.169.254:80,connect-timeout=2"
out_of_reach direct-dns "a name server" "UDP4:192.0.2.1:53"
out_of_reach direct-tcp "the internet by TCP" "TCP4:192.0.2.1:443,connect-timeout=2"
out_of_reach direct-udp "the internet by UDP" "UDP4:192.0.2.1:443"

by_proxy() { printf 'GET http://%s/ HTTP/1.0\r\n\r\n' "$1" | socat -t 10 STDIO TCP4:127.0.0.1:${BRIDGE_PORT},shut-none; }
wrong="what is listed is not reached through the network proxy"
for try in 1 2 3; do
  case $(by_proxy "127.0.0.1:$2") in *"$5"*) wrong=; break ;; esac
  sleep 1 # a machine that is busy while it starts
done
report listed-host "$wrong"
wrong=
# The last is a name that nobody has (RFC 6761): it is not looked up, as it is not listed.
for target in "127.0.0.1:$3" "localhost:$3" "[::1]:$3" 10.255.255.254 169.254.169.254 unlisted.invalid; do
  case $(by_proxy "$target") in "HTTP/1.1 403"*) ;; *) wrong="$wrong the network proxy does not refuse $target;" ;; esac
done
report unlisted-host "$wrong"
`.replaceAll("\\${", "${");

/** Says its port once it listens there. */
const otherSlot = ["tcpserver", "-1", "-H", "-R", "-l0", "127.0.0.1", String(SLOT_PORT), "true"];

/** `confinement`: of the probes, without an outlet. */
export async function probeNetwork(
  driver: SandboxDriver,
  confinement: Confinement,
  network: Network,
): Promise<ProbeResult[]> {
  const word = randomBytes(8).toString("hex");
  const abstract = `orch-probe-${word}`;
  const listed = createHttpServer((_request, response) => void response.end(word));
  const unlisted = createServer((socket) => void socket.end());
  const hidden = createServer((socket) => void socket.end());
  const servers = [listed, unlisted, hidden];
  // What another slot could listen on, in a sandbox of its own.
  const [file = "", ...args] = driver.wrap(confinement, otherSlot);
  const other = converse({ file, args, env: confinement.env });
  const listens = new Promise<void>((resolve) => other.onLine(() => resolve()));
  try {
    await Promise.race([listens, other.ended]);
    const ports = [await listening(listed, 0), await listening(unlisted, 0)] as const;
    await listening(hidden, `\0${abstract}`);
    const outlet = { dir: network.place(OUTLET, confinement.user), forward: [], connections: 20 };
    await network.open(OUTLET, policyOf(ports[0]), 10 * PROBE_MS);
    const facts = [await readlink("/proc/self/ns/net"), String(ports[0]), String(ports[1]), abstract, word];
    return await tryInside(driver, { ...confinement, outlet }, facts);
  } finally {
    other.end();
    for (const server of servers) server.close();
    await network.close(OUTLET);
    await other.ended;
  }
}

const policyOf = (port: number) => ({
  egress: "listed" as const,
  rules: [{ whose: "operator" as const, egress: "listed" as const, hosts: [{ name: "127.0.0.1", ports: [port] }] }],
  private: [{ address: "127.0.0.1", port }],
  never: [],
  limits: { connections: 20, bytes: 1_000_000 },
});

async function listening(server: Server, where: number | string): Promise<number> {
  if (typeof where === "number") server.listen(where, "127.0.0.1");
  else server.listen(where);
  await once(server, "listening");
  return (server.address() as AddressInfo | null)?.port ?? 0;
}

async function tryInside(driver: SandboxDriver, confinement: Confinement, facts: string[]): Promise<ProbeResult[]> {
  const [file = "", ...args] = driver.wrap(confinement, ["/bin/sh", "-c", SCRIPT, "probes", ...facts]);
  const { stdout, stderr } = await runProgram({ file, args, env: confinement.env, timeoutMs: PROBE_MS });
  const lines = new Map(stdout.split("\n").map((line) => [line.split("\t")[0], line.split("\t")]));
  return NETWORK_PROBES.map((name) => {
    const [, verdict, detail = ""] = lines.get(name) ?? [];
    return { name, passed: verdict === "ok", detail: verdict ? detail.trim() : `did not report: ${stderr.trim()}` };
  });
}
