/**
 * One sandbox's way out, inside the proxy's process: a socket in a folder that only this sandbox sees, its policy, and what
 * came of it. Policy and news are written down, so that a proxy that is started anew goes on where the last one ended,
 * and the worker host can read what was blocked whether or not there is a proxy.
 */
import { appendFileSync, chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { complain } from "./complain.ts";
import type { Machine } from "./judge.ts";
import { shareOf } from "./look-ups.ts";
import { countsFile, outletFiles } from "./outlet-files.ts";
import type { Blocked } from "./outside.ts";
import type { Policy } from "./policy.ts";
import { makeProxy } from "./proxy.ts";

/** What an outlet is opened with. `until`: Unix ms; after that no sandbox can be there any more. */
export type OutletSpec = { policy: Policy; until: number };

/** What one life of the proxy has seen of an outlet. */
export type OutletCounts = { bytes: number; blocked: number };

export type Outlet = {
  spec(): OutletSpec;
  connections(): number;
  /** From the next connection on. */
  change(spec: OutletSpec): void;
  /** Takes no more connections; those that there are go on. */
  stopListening(): Promise<void>;
  /** Ends every connection and writes the last counts. */
  close(): Promise<void>;
};

/** So many different places are told; the rest only counts. */
const MAX_TOLD = 50;
/** Counts are written this often while they change, ms: what a killed proxy had counted since is forgotten. */
const WRITE_EVERY_MS = 2_000;

/**
 * What an outlet is given besides its policy. `spentBefore`: by earlier lives of the proxy. `mostConnections`: of one
 * sandbox, whatever its policy says.
 */
export type OutletSurroundings = { machine: Machine; spentBefore: number; mostConnections: number };

/** The id's folders exist. */
export async function openOutlet(
  id: string,
  first: OutletSpec,
  { machine, spentBefore, mostConnections }: OutletSurroundings,
): Promise<Outlet> {
  const files = outletFiles("", id);
  let spec = capped(first, mostConnections);
  const counts: OutletCounts = { bytes: 0, blocked: 0 };
  const told = toldBefore(files.blocked);
  let timer: NodeJS.Timeout | undefined;

  const writeCounts = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!existsSync(files.state)) return; // the host has taken the outlet away already
    orTell(() => put(countsFile(files.state, process.pid), JSON.stringify(counts)));
  };
  const counted = () => {
    timer ??= setTimeout(writeCounts, WRITE_EVERY_MS);
  };
  /** Nothing where it stands there already: one that is opened again can be so on a full disk. */
  const write = (given: OutletSpec) => {
    const text = JSON.stringify(given);
    if (!existsSync(files.policy) || readFileSync(files.policy, "utf8") !== text) put(files.policy, text);
  };
  const onBlocked = (blocked: Blocked) => {
    counts.blocked += 1;
    counted();
    const place = JSON.stringify(blocked);
    if (told.has(place) || told.size >= MAX_TOLD) return;
    told.add(place);
    orTell(() => appendFileSync(files.blocked, `${place}\n`, { mode: 0o600 }));
  };
  const proxy = makeProxy({
    policy: () => spec.policy,
    machine: { ...machine, lookUp: shareOf(machine.lookUp) },
    spend: (bytes) => {
      counts.bytes += bytes;
      counted();
    },
    isSpent: () => spentBefore + counts.bytes >= spec.policy.limits.bytes,
    onBlocked,
  });
  write(first);
  appendFileSync(files.blocked, "", { mode: 0o600 });
  rmSync(files.socket, { force: true }); // of a proxy that was killed
  await new Promise<void>((resolve, reject) => {
    proxy.server.once("error", reject);
    proxy.server.listen({ path: files.socket, backlog: 1_024 }, resolve);
  });
  // The sandbox's user is of the folder's group, and nobody else gets there.
  chmodSync(files.socket, 0o660);

  const stopListening = () => new Promise<void>((resolve) => void proxy.server.close(() => resolve()));
  return {
    spec: () => spec,
    connections: proxy.connections,
    change(next) {
      spec = capped(next, mostConnections);
      proxy.server.maxConnections = spec.policy.limits.connections;
      write(next);
    },
    async stopListening() {
      // Its callback waits for the last connection, the listening ends at once.
      void stopListening();
      writeCounts();
    },
    async close() {
      const closed = stopListening();
      proxy.cut();
      await closed;
      writeCounts();
    },
  };
}

function capped({ policy, until }: OutletSpec, most: number): OutletSpec {
  const connections = Math.min(policy.limits.connections, most);
  return { policy: { ...policy, limits: { ...policy.limits, connections } }, until };
}

/** What an earlier life of the proxy has told already. */
function toldBefore(file: string): Set<string> {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return new Set(text.split("\n").filter((line) => line !== ""));
}

/** A full disk costs what would be told, and no connection. */
function orTell(write: () => void): void {
  try {
    write();
  } catch (error) {
    complain(error);
  }
}

/** Whole or not at all. */
function put(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
