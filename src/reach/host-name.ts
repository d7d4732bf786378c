/**
 * The name of a host in the one form in which names are compared: lower case ASCII without a dot at its end, or a
 * canonical IP address without brackets.
 */
import { domainToASCII } from "node:url";
import { canonical } from "./address.ts";

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/**
 * Undefined for what is no name of a host. Neither are `127.1`, `0x7f.1` and the like: some programs take them for
 * addresses and others for names, so that they could be judged as one and used as the other.
 */
export function hostName(text: string): string | undefined {
  const address = canonical(/^\[(.*)\]$/s.exec(text)?.[1] ?? text);
  if (address !== undefined) return address;
  // Before it is ASCII, only letters, digits and marks of any script may stand in it: no escapes, no spaces.
  if (!/^[\p{L}\p{N}\p{M}._-]+$/u.test(text)) return undefined;
  const name = domainToASCII(text).replace(/\.$/, "");
  const labels = name.split(".");
  if (name.length > 253 || !labels.every((label) => LABEL.test(label))) return undefined;
  return looksNumeric(labels.at(-1) ?? "") ? undefined : name;
}

const looksNumeric = (label: string): boolean => /^\d+$/.test(label);
