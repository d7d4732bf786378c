/**
 * Where a program may have itself called: an https address of a host that the whole internet can reach. Anything else would let whoever
 * has a token knock at the doors of the bot's own network. A name is resolved here, every address of it is judged, and the
 * call goes to just these: not to what a second look-up might say, and nowhere that an answer points to.
 */
import { lookup as lookUp } from "node:dns/promises";
import { request } from "node:https";
import { isIP } from "node:net";
import { whyNotPublic } from "../src/reach/address.ts";
import { hostName } from "../src/reach/host-name.ts";

export type Address = { address: string; family: number };

/** What tests replace: who resolves names, who judges addresses, which authority is believed. */
export type Reach = {
  resolve: (host: string) => Promise<Address[]>;
  whyNot: (address: string) => string | undefined;
  ca?: string;
};

export const PUBLIC: Reach = { resolve: (host) => lookUp(host, { all: true }), whyNot: whyNotPublic };

/** In words for whoever named the address. */
export class WrongTarget extends Error {
  override readonly name = "WrongTarget";
}

const MAX_URL = 1_000;
const ANSWER_WITHIN_MS = 10_000;

/** Throws WrongTarget. */
export function targetIn(text: string): URL {
  const url = text.length <= MAX_URL ? URL.parse(text) : null;
  if (url?.protocol !== "https:") throw new WrongTarget("The url has to begin with https://.");
  if (url.username || url.password)
    throw new WrongTarget("The url must hold no credentials: give them as authentication.");
  if (hostName(url.hostname) === undefined) throw new WrongTarget("The url names no host.");
  return url;
}

/** Throws WrongTarget. */
export async function addressesOf(url: URL, { resolve, whyNot }: Reach): Promise<Address[]> {
  const host = hostName(url.hostname) ?? "";
  const family = isIP(host);
  const all = family > 0 ? [{ address: host, family }] : await resolve(host).catch(() => []);
  if (all.length === 0) throw new WrongTarget(`The host ${host} is not found.`);
  for (const { address } of all) {
    const why = whyNot(address);
    if (why !== undefined) throw new WrongTarget(`The host ${host} is not reachable for all the internet: ${why}.`);
  }
  return all;
}

export type Post = { url: URL; headers: Record<string, string>; body: string };

/** The status of the answer, of which nothing else is read. Throws what the network throws, and WrongTarget. */
export async function post({ url, headers, body }: Post, reach: Reach, signal: AbortSignal): Promise<number> {
  const addresses = await addressesOf(url, reach);
  const [first] = addresses;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const call = request(
    url,
    {
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      ...(reach.ca !== undefined && { ca: reach.ca }),
      lookup: (_, options, answer) =>
        options.all ? answer(null, addresses) : answer(null, first?.address ?? "", first?.family ?? 4),
    },
    (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.destroy();
    },
  );
  call.on("error", reject);
  call.end(body);
  return await promise;
}
