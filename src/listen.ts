/**
 * Puts a server onto its address. What the system will never grant is a matter of the settings: ConfigError. A port that
 * another program holds may be free in a moment, e.g. when a predecessor has ended: that is said at once, and the port is
 * asked for again for a minute. Never is it a reason not to be started again: whoever could hold the port for a moment
 * could else keep Orch down for good.
 */
import { once } from "node:events";
import type { Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ConfigError } from "./config.ts";

/** `sharesPort`: together with other programs of the same user that say so too; the system deals out the connections. */
export type ListenAt = { host: string; port: number; sharesPort?: boolean; names?: Names };

/** What the settings of the address are called. */
type Names = { host: string; port: string };
const NAMES: Names = { host: "HOST", port: "PORT" };

export type ListenOptions = {
  /** Hears at once that the port is in use, in plain words. */
  tell: (sentence: string) => void;
  /** Ends the waiting; `listen` then rejects with its reason. */
  signal?: AbortSignal | undefined;
  /** How long to wait before each further try, ms; after the last one it is given up. */
  waits?: Iterable<number>;
};

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2_000;
const ALL_WAITS_MS = 60_000;

function* aMinute(): Generator<number> {
  let left = ALL_WAITS_MS;
  for (let wait = FIRST_WAIT_MS; left > 0; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    left -= wait;
    yield wait;
  }
}

/** Somebody else has the port, and kept it. Another start may find it free. */
export class PortInUseError extends Error {
  override readonly name = "PortInUseError";
}

/** Throws ConfigError or PortInUseError; each names the setting and what to do. */
export async function listen(
  server: Server,
  at: ListenAt,
  { tell, signal, waits = aMinute() }: ListenOptions,
): Promise<void> {
  const { host, port, names = NAMES } = at;
  const inUse = `${names.port} ${port} is in use on ${host}: stop the program that listens there (ss -ltnp), or set ${names.port} to a free one`;
  let told = false;
  for (const waitMs of waits) {
    if (await isGranted(server, at)) return;
    if (!told) tell(`${inUse}. It is tried again for a minute`);
    told = true;
    await delay(waitMs, undefined, { signal });
  }
  if (!(await isGranted(server, at))) throw new PortInUseError(inUse);
}

/** False while somebody else has the port. */
async function isGranted(
  server: Server,
  { host, port, sharesPort = false, names = NAMES }: ListenAt,
): Promise<boolean> {
  server.listen({ port, host, reusePort: sharesPort });
  try {
    await once(server, "listening");
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") return false;
    const why = refusals[code];
    if (!why) throw error;
    throw new ConfigError([why({ host, port, names })]);
  }
}

const refusals: Record<string, (at: Required<Omit<ListenAt, "sharesPort">>) => string> = {
  EACCES: ({ host, port, names }) =>
    `${names.port} ${port} on ${host} is not for this user: set ${names.port} to 1024 or higher, and let a reverse proxy have ${port}`,
  EADDRNOTAVAIL: ({ host, port, names }) =>
    `${names.host} ${host} is no address of this machine, so ${names.port} ${port} cannot be had there: set ${names.host} to 127.0.0.1 or 0.0.0.0`,
  ENOTFOUND: ({ host, names }) =>
    `${names.host} ${host} is a name that nobody knows: set ${names.host} to 127.0.0.1 or 0.0.0.0`,
};
