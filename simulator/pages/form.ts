/** Reads the forms of the pages: bounded in size, and only from a page of this site. */
import type { IncomingMessage } from "node:http";
import { readBody } from "../read-body.ts";

/** `field` is "" for what was not sent. */
export type Form = { login: string; field(name: string): string };

/** A comment of 65,536 characters, each percent-encoded at its longest, fits. */
const mostBytes = 1024 * 1024;

/**
 * Whether the browser says that a page of this site sent the form. Without this, any web page that the reader visits
 * could make the simulator write comments, and so start agents. That `Host` is this machine, the server has checked.
 */
export function isFromHere({ headers }: IncomingMessage): boolean {
  if (headers.origin === undefined) return headers["sec-fetch-site"] === undefined;
  return URL.parse(headers.origin)?.host === headers.host;
}

/** @returns the fields, or in words what is wrong with the request; whoever it is has been chosen */
export async function readForm(request: IncomingMessage): Promise<Form | { wrong: string }> {
  const sent = await readBody(request, mostBytes);
  if (!sent) return { wrong: "The comment is too long: GitHub takes 65,536 characters." };
  const fields = new URLSearchParams(sent.toString("utf8"));
  const login = fields.get("login");
  if (!login) return { wrong: "Nobody was chosen to write as." };
  // A browser sends line ends as CRLF; GitHub's own editor sends LF.
  return { login, field: (name) => fields.get(name)?.replaceAll("\r\n", "\n") ?? "" };
}
