/**
 * The end of the way out that is inside a sandbox: programs know proxies by an address only, so something listens on the
 * sandbox's own loopback and passes each connection to the socket of the outlet. `tcpserver` waits (0.1 MB), `socat`
 * carries one connection. Both run as the agent and end with the sandbox: an agent that kills them has no network.
 */

import type { Endpoint } from "../../src/reach/reach-shape.ts";
import { OUTLET_SOCKET } from "./outlet-files.ts";

/** Where the sandbox sees its outlet's folder. */
export const OUTLET_INSIDE = "/run/orch/network";

/**
 * Of the sandbox's own loopback, where nothing else is: a number that no common server uses, outside the range that the
 * kernel gives to outgoing connections.
 */
export const BRIDGE_PORT = 17_128;

/** The name of the process that listens; its children carry connections. */
export const BRIDGE_PROCESS = "tcpserver";

/** Absolute paths, also inside. */
export type BridgePrograms = { tcpserver: string; socat: string };

type Bridged = { forward: readonly Endpoint[]; connections: number };

/**
 * Shell lines that start the bridge and go on when it listens; `fd 3` is where to complain. `forward`: ports of the host's loopback
 * that are listed; they are there under the same address inside, because programs ask no proxy for their own loopback.
 */
export function bridgeScript({ tcpserver, socat }: BridgePrograms, { forward, connections }: Bridged): string {
  const carry = `${socat} -t 86400 -b 131072 STDIO,shut-down`;
  const toProxy = `${carry} UNIX-CONNECT:${OUTLET_INSIDE}/${OUTLET_SOCKET}`;
  const through = ({ address, port }: Endpoint) =>
    `${carry} PROXY:127.0.0.1:${address}:${port},proxyport=${BRIDGE_PORT}`;
  return [
    listen([tcpserver, connections], { address: "127.0.0.1", port: BRIDGE_PORT }, toProxy),
    ...forward.map((endpoint) => listen([tcpserver, connections], endpoint, through(endpoint))),
  ].join("\n");
}

/**
 * `-1` has tcpserver say its port once it listens, and then close its output, which is what the shell waits for. A connection
 * more than `-c` waits for its turn, which is gentler than being refused.
 */
function listen([tcpserver, atOnce]: [string, number], { address, port }: Endpoint, carry: string): string {
  // None of the descriptors that the step's wrapper left open: whoever traces tcpserver, which an agent may, would have them.
  const closed = [3, 4, 5, 6, 7, 8, 9].map((descriptor) => `${descriptor}>&-`).join(" ");
  const failed = `{ echo 'orch: the bridge to the network does not listen on ${address}:${port}' >&3; exit 125; }`;
  return `[ "$(${tcpserver} -1 -H -R -l0 -b 1024 -c ${atOnce} ${address} ${port} ${carry} ${closed} &)" = ${port} ] || ${failed}`;
}

/** The listed addresses of the host's loopback. IPv6's is left out: tcpserver knows IPv4 only. */
export const forwarded = (listed: readonly Endpoint[]): Endpoint[] =>
  listed.filter(({ address, port }) => address.startsWith("127.") && port !== BRIDGE_PORT);

const ADDRESS = `http://127.0.0.1:${BRIDGE_PORT}`;
const OWN = "localhost,127.0.0.1,::1";

/**
 * How programs learn of the proxy. Both cases, because some know only the one; Node's own fetch looks at them only when
 * told to (https://nodejs.org/api/cli.html#node_use_env_proxy1).
 */
export const PROXY_VARIABLES: Readonly<Record<string, string>> = {
  http_proxy: ADDRESS,
  https_proxy: ADDRESS,
  HTTP_PROXY: ADDRESS,
  HTTPS_PROXY: ADDRESS,
  no_proxy: OWN,
  NO_PROXY: OWN,
  NODE_USE_ENV_PROXY: "1",
};
