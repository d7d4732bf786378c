/**
 * The version of the REST API that a request asks for. The answers are those of the first one; what the second one changed
 * is not simulated.
 * https://docs.github.com/en/rest/about-the-rest-api/api-versions
 */
import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "./routes/reply.ts";

const versions = ["2022-11-28", "2026-03-10"];
const first = "2022-11-28";

/** Throws 400 for a version that does not exist. */
export function checkVersion(headers: IncomingHttpHeaders): void {
  const wanted = headers["x-github-api-version"];
  if (wanted === undefined || versions.includes(String(wanted))) return;
  throw new ApiError(400, `"${wanted}" is not a supported version of the API. Supported are ${versions.join(", ")}.`);
}

/** The version that the answer has. */
export function selectedVersion(headers: IncomingHttpHeaders): string {
  const wanted = String(headers["x-github-api-version"]);
  return versions.includes(wanted) ? wanted : first;
}
