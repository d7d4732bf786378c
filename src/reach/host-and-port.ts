/** A host with its port as people write it: an IPv6 address stands in brackets. */
export const hostAndPort = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
