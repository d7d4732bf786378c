/** A sandbox's connections to the outside: made to judged addresses only, and counted as they carry bytes. */
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { Machine } from "./judge.ts";
import type { Policy } from "./policy.ts";
import type { Target } from "./target.ts";

/** What was blocked: where it wanted to go, as far as that was understood, and why not. Both texts may be an agent's. */
export type Blocked = { host: string; port: number; why: string };

export type ProxyOptions = {
  /** Asked anew for every connection: it may change while the sandbox lives. */
  policy: () => Policy;
  machine: Machine;
  /** Bytes that the sandbox may still send and receive; called with each piece that has passed. */
  spend: (bytes: number) => void;
  isSpent: () => boolean;
  onBlocked: (blocked: Blocked) => void;
  /** A server that does not answer within this, ms, is not there. By default half a minute. */
  connectMs?: number;
};

/**
 * `dialled`: the sandbox's connections to the outside. They are counted by themselves: one may outlive the client that it was
 * made for, or be made before another of the same client has ended.
 */
export type Outside = ProxyOptions & { dialled: Set<Socket> };

/** A server that does not answer must not hold a connection for ever; ms. */
const CONNECT_MS = 30_000;

/** Connects to the judged addresses and to no others; with several, whichever answers first ("happy eyeballs", RFC 8305). */
export function dial(
  { dialled, connectMs = CONNECT_MS }: Outside,
  { target: { host, port }, addresses }: { target: Target; addresses: readonly string[] },
): Socket {
  const socket = connect({
    host,
    port,
    lookup: answerWith(addresses),
    autoSelectFamily: true,
    allowHalfOpen: true,
    noDelay: true,
    ...(addresses.length === 1 ? { host: addresses[0] } : {}),
  });
  socket.setTimeout(connectMs, () => socket.destroy(new Error(`no answer within ${connectMs / 1_000} s`)));
  socket.once("connect", () => socket.setTimeout(0));
  dialled.add(socket);
  socket.once("close", () => dialled.delete(socket));
  return socket;
}

/** Takes the place of the resolver: Node asks for the name's addresses and gets those that were judged. */
const answerWith = (addresses: readonly string[]): LookupFunction =>
  ((_name: string, { all }: { all?: boolean }, done: (...answer: unknown[]) => void) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    // Not at once: a lookup answers after its caller has returned.
    process.nextTick(() => (all ? done(null, found) : done(null, found[0]?.address, found[0]?.family)));
  }) as LookupFunction;

/** With the reader's own pace: a slow one stops the sender, and nothing piles up here. */
export function relay({ spend, isSpent }: ProxyOptions, from: Readable, to: Writable): void {
  from.on("data", (chunk: Buffer) => {
    spend(chunk.length);
    if (isSpent()) from.destroy();
  });
  from.pipe(to);
}
