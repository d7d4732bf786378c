/** Whether a host as people write it, with or without a port, is this machine: an IPv6 address stands in brackets. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}
