/**
 * The worker host's side of the network proxy: sees to it that one runs, tells it which sandbox may go where, and reads what
 * came of it. A proxy that an earlier life of this host started is kept, with all that is connected through it; one of
 * other code than ours hands its sockets over and ends when its last connection does.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ConfigError } from "../../src/config.ts";
import type { Logger } from "../../src/log.ts";
import { MAX_SOCKET_PATH } from "../../src/task/socket-path.ts";
import type { SlotUser } from "../sandbox/confinement.ts";
import { ask, ProxyRefused, watch } from "./ask-proxy.ts";
import { CONTROL_SOCKET, OUTLETS_DIR, outletFiles } from "./outlet-files.ts";
import { placeOutlet } from "./outlet-folders.ts";
import { type OutletReport, reportOf } from "./outlet-report.ts";
import type { Policy } from "./policy.ts";
import { identityOf, isOurs, startProxy } from "./proxy-process.ts";

export type Network = {
  /** The folder that the outlet's sandbox mounts, whether or not it is there. */
  mountPoint(id: string): string;
  /** Makes the outlet's folders and gives the one to mount. Nothing listens there yet. Again is fine. */
  place(id: string, user: SlotUser): string;
  /** Whether the outlet has been placed, by this life of the host or an earlier one, and not closed since. */
  isPlaced(id: string): boolean;
  /** Has the proxy listen there, or go by another policy from now on. `forMs`: no sandbox outlives that. */
  open(id: string, policy: Policy, forMs: number): Promise<void>;
  /** What has come of it so far. */
  report(id: string): OutletReport;
  /** The file that changes when another place is blocked; there once the outlet is open. */
  blockedFile(id: string): string;
  /** Ends what is connected, says what came of it and removes the folders. Fine when there is none. */
  close(id: string): Promise<OutletReport>;
  /** Closes every outlet but these. */
  closeOthers(ids: ReadonlySet<string>): Promise<void>;
  /** Stops looking after the proxy. It goes on for as long as there are outlets. */
  release(): void;
};

export type NetworkOptions = {
  /** Created; slot users must be able to pass the folders above it. */
  dir: string;
  /** Who the proxy runs as where the host is root. */
  uid?: number | undefined;
  log: Logger;
  /** By default of the proxy's code and user: a proxy that was started from other code, or as another user, is replaced. */
  identity?: string;
  times?: typeof TIMES;
};

/**
 * All in ms. `open`: for how long an outlet is asked for while the proxy is being started anew. `pause`: after the first try
 * to do so that fails; it doubles, up to the longest.
 */
const TIMES = { open: 20_000, pause: 200, longestPause: 5_000 };

/** There is no proxy, so nothing may be started that would go out through it. Trying again may help. */
export class NetworkError extends Error {
  override name = "NetworkError";
}

/** @throws {NetworkError} when no proxy can be started @throws {ConfigError} when the folder's path is too long for its socket */
export async function openNetwork({
  dir,
  uid,
  log,
  identity = identityOf(uid),
  times = TIMES,
}: NetworkOptions): Promise<Network> {
  const control = join(dir, CONTROL_SOCKET);
  if (Buffer.byteLength(control) > MAX_SOCKET_PATH)
    throw new ConfigError([`ORCH_DATA is too long: ${control} is no path for a socket. Choose a shorter one`]);
  let released = false;
  let watching: { end(): void; ended: Promise<void> } | undefined;

  const ensure = async (): Promise<void> => {
    if (!(await isOurs(dir, identity, log))) await startProxy(dir, identity, uid);
    watching = await watch(dir);
    void watching.ended.then(() => {
      if (!released) void restart();
    });
  };
  const restart = async () => {
    log.warn("the network proxy has ended: starting another; agents are without a network for a moment");
    for (let pause = times.pause; !released; pause = Math.min(pause * 2, times.longestPause)) {
      try {
        return await ensure();
      } catch (error) {
        log.error({ err: error }, "the network proxy cannot be started; trying again");
        await delay(pause);
      }
    }
  };
  await ensure().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NetworkError(`The network proxy cannot be started: ${reason}`, { cause: error });
  });

  const close = async (id: string): Promise<OutletReport> => {
    // Without a proxy nothing is connected either.
    await ask(dir, "DELETE", `outlets/${id}`).catch((error: unknown) =>
      log.debug({ err: error, outlet: id }, "outlet not closed"),
    );
    const report = reportOf(dir, id);
    rmSync(outletFiles(dir, id).dir, { recursive: true, force: true });
    return report;
  };
  return {
    mountPoint: (id) => outletFiles(dir, id).out,
    place: (id, user) => placeOutlet(dir, id, uid, user),
    isPlaced: (id) => existsSync(outletFiles(dir, id).out),
    async open(id, policy, forMs) {
      const spec = { policy, until: Date.now() + forMs };
      for (const giveUpAt = performance.now() + times.open; ; await delay(50)) {
        try {
          return void (await ask(dir, "PUT", `outlets/${id}`, spec));
        } catch (error) {
          // A proxy that is being started anew does not answer; one that has answered would answer the same again.
          if (error instanceof ProxyRefused) throw error;
          if (performance.now() > giveUpAt) throw new Error("The network proxy does not answer", { cause: error });
        }
      }
    },
    report: (id) => reportOf(dir, id),
    blockedFile: (id) => outletFiles(dir, id).blocked,
    close,
    async closeOthers(ids) {
      const others = readdirSync(join(dir, OUTLETS_DIR)).filter((id) => !ids.has(id));
      await Promise.all(others.map(close));
    },
    release() {
      released = true;
      watching?.end();
    },
  };
}
