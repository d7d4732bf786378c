/**
 * Where Orch's own services are reached: the bot and Redis. No sandbox ever gets there, whatever an operator lists: behind
 * them stand the tasks and the tokens of everybody.
 */
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import type { BotAddress } from "../../src/config.ts";
import { canonical } from "../../src/reach/address.ts";
import type { Endpoint } from "../../src/reach/reach-shape.ts";

export type OwnServices = {
  redisUrl: string;
  bot: BotAddress;
  /** The TCP port of the bot on this machine, where it has one here. */
  botPort: number | undefined;
};

/** A managed Redis changes its address now and then. */
const AGAIN_MS = 60_000;

/** `current` is looked up again every minute; a name that nobody resolves at the moment keeps the addresses that it had. */
export async function watchOwnEndpoints(services: OwnServices): Promise<{ current(): readonly Endpoint[] }> {
  let current = await ownEndpoints(services);
  const again = async () => {
    const found = await ownEndpoints(services);
    if (found.length >= current.length) current = found;
  };
  setInterval(() => void again(), AGAIN_MS).unref();
  return { current: () => current };
}

/** Where they are reached now. Names that nobody resolves at the moment are left out. */
export async function ownEndpoints({ redisUrl, bot, botPort }: OwnServices): Promise<Endpoint[]> {
  const named = await Promise.all([
    endpointsOf(redisUrl, { "redis:": 6_379, "rediss:": 6_379 }),
    bot.kind === "https" ? endpointsOf(bot.url, { "https:": 443 }) : [],
  ]);
  const all = [...named.flat(), ...(botPort === undefined ? [] : [{ address: LOOPBACK, port: botPort }])];
  const own = ownAddresses();
  // What listens on one of this machine's addresses may listen on all of them.
  const spread = all.flatMap(({ address, port }) =>
    own.includes(address) ? own.map((each) => ({ address: each, port })) : [{ address, port }],
  );
  return [...new Map(spread.map((each) => [`${each.address} ${each.port}`, each])).values()];
}

const LOOPBACK = "127.0.0.1";

async function endpointsOf(written: string, ports: Readonly<Record<string, number>>): Promise<Endpoint[]> {
  const url = URL.parse(written);
  const byDefault = ports[url?.protocol ?? ""];
  if (!url || byDefault === undefined) return []; // a socket of the file system
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const found = await lookup(host, { all: true }).catch(() => []);
  const port = url.port === "" ? byDefault : Number(url.port);
  return found.flatMap(({ address }) => {
    const read = canonical(address);
    return read === undefined ? [] : [{ address: read.startsWith("127.") ? LOOPBACK : read, port }];
  });
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return [...new Set([LOOPBACK, "::1", ...all.flatMap(({ address }) => canonical(address) ?? [])])];
}
