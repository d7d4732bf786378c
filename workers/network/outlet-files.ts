/**
 * The folders of the network proxy, which worker host and proxy share. Whatever the proxy may write stands in folders of
 * its own user; those around them belong to the host, so that a proxy that was taken over could lead the host nowhere.
 *
 *   control/s                what the host says to the proxy
 *   outlets/<id>/out/        what a sandbox sees: nothing but the socket
 *   outlets/<id>/state/      policy.json, what was blocked, counts
 */
import { join } from "node:path";

/** The proxy's working folder is the network folder: a path below it stays short, which the address of a socket must be (unix(7)). */
export const CONTROL_DIR = "control";
export const CONTROL_SOCKET = join(CONTROL_DIR, "s");
export const OUTLETS_DIR = "outlets";

export const OUTLET_SOCKET = "proxy.sock";

export type OutletFiles = { dir: string; out: string; state: string; socket: string; policy: string; blocked: string };

/** `network`: the network folder, or "" from inside of it. */
export function outletFiles(network: string, id: string): OutletFiles {
  const dir = join(network, OUTLETS_DIR, id);
  const [out, state] = [join(dir, "out"), join(dir, "state")];
  return {
    dir,
    out,
    state,
    socket: join(out, OUTLET_SOCKET),
    policy: join(state, "policy.json"),
    blocked: join(state, "blocked.jsonl"),
  };
}

/** Each life of the proxy counts in a file of its own; the sum of all is what the outlet has let through. */
export const COUNTS_PATTERN = /^counts-\d+\.json$/;
export const countsFile = (state: string, pid: number): string => join(state, `counts-${pid}.json`);

export const isOutletId = (id: string): boolean => /^[a-z0-9][a-z0-9-]{0,99}$/.test(id);
