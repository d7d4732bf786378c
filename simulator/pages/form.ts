/** Reads the comment form: bounded in size, and only from a page of this site. */
import type { IncomingMessage } from "node:http";
import { readBody } from "../read-body.ts";

export type CommentForm = { login: string; body: string };

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

/** @returns what was written, or in words what is wrong with the request */
export async function readCommentForm(request: IncomingMessage): Promise<CommentForm | { wrong: string }> {
  const sent = await readBody(request, mostBytes);
  if (!sent) return { wrong: "The comment is too long: GitHub takes 65,536 characters." };
  const form = new URLSearchParams(sent.toString("utf8"));
  // A browser sends line ends as CRLF; GitHub's own editor sends LF.
  const [login, body] = [form.get("login"), form.get("body")?.replaceAll("\r\n", "\n")];
  if (!login) return { wrong: "Nobody was chosen to write as." };
  if (!body || body.trim() === "") return { wrong: "The comment is empty." };
  return { login, body };
}
