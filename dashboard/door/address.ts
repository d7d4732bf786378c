/**
 * By which names the dashboard is asked. A name that is not ours has been pointed at this machine by somebody: to the browser that would be a site of
 * theirs, which may read all.
 */
import { hostAndPort } from "../../src/reach/host-and-port.ts";

export type Address = {
  /** Where it is found: the public address, or the one on this machine. */
  url: string;
  isHost(host: string | undefined): boolean;
  isOrigin(origin: string | undefined): boolean;
  /** Whether a request by this name came by the public address, and so by https. */
  isPublic(host: string | undefined): boolean;
  /** Ports are no part of what a cookie belongs to: another Orch on this machine has another name for its own. */
  port: number;
};

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/** `url`: the public one, where there is one. `host`: the address that it listens on. */
export function makeAddress({ host, port, url }: { host: string; port: number; url?: string | undefined }): Address {
  const here = [...new Set([...LOOPBACK, ...(isOfAll(host) ? [] : [host])])].map((name) => inUrl(name, port));
  const there = url === undefined ? undefined : new URL(url);
  const hosts = new Set([...here, ...(there ? [there.host] : [])]);
  const origins = new Set([...here.map((each) => `http://${each}`), ...(there ? [there.origin] : [])]);
  const isPublic = (asked: string | undefined) => there !== undefined && asked?.toLowerCase() === there.host;
  return {
    url: there?.origin ?? `http://${inUrl(isOfAll(host) ? "127.0.0.1" : host, port)}`,
    isHost: (asked) => asked !== undefined && hosts.has(asked.toLowerCase()),
    isOrigin: (asked) => asked !== undefined && origins.has(asked),
    isPublic,
    port,
  };
}

const isOfAll = (host: string): boolean => host === "0.0.0.0" || host === "::";

const inUrl = (host: string, port: number): string => new URL(`http://${hostAndPort(host, port)}`).host;
