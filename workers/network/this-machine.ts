/**
 * What the machine knows that the proxy runs on: names to addresses, as it resolves them itself (getaddrinfo: /etc/hosts
 * and whatever nsswitch.conf says), so that a name means what it means to the operator; and which addresses are its own.
 */
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { canonical } from "../../src/reach/address.ts";
import type { Machine } from "./judge.ts";

/** The system's own time-outs add up to half a minute and more; ms. */
const WITHIN_MS = 15_000;

async function lookUp(name: string): Promise<string[]> {
  const timer = new AbortController();
  const late = delay(WITHIN_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`the name servers did not answer within ${WITHIN_MS / 1_000} s`);
  });
  late.catch(() => {}); // it is rejected too when it was not needed
  try {
    const found = await Promise.race([lookup(name, { all: true, order: "verbatim" }), late]);
    return found.map(({ address }) => address);
  } catch (error) {
    throw new Error(inWords(error), { cause: error });
  } finally {
    timer.abort();
  }
}

function inWords(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOTFOUND") return "no name server knows it";
  return code === "EAI_AGAIN" ? "the name servers do not answer at the moment" : message;
}

/** A machine seldom gets another address; asking the kernel for them takes a tenth of a millisecond. */
const OWN_FOR_MS = 5_000;
let own: { addresses: ReadonlySet<string | undefined>; at: number } | undefined;

function isOwn(address: string): boolean {
  const now = performance.now();
  if (!own || now - own.at > OWN_FOR_MS) {
    const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    own = { addresses: new Set(all.map((each) => canonical(each.address))), at: now };
  }
  return own.addresses.has(address);
}

export const thisMachine: Machine = { lookUp, isOwn };
