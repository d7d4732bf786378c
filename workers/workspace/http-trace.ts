/**
 * How long GitHub asks git to wait. git itself does not tell that; it stands in git's trace of HTTP, which is taken from
 * its standard error and goes no further. Credentials are not in the trace: git leaves them out.
 */

/** For a git that speaks with GitHub. */
export const HTTP_TRACE = { GIT_TRACE_CURL: "1", GIT_TRACE_CURL_NO_DATA: "1", GIT_TRACE_REDACT: "1" } as const;

const TRACE = /\d\d:\d\d:\d\d\.\d{6} http\.c:\d+ .*(\n|$)/g;
const RETRY_AFTER = /<= Recv header: retry-after: *(.+?)\s*$/gim;

/** `words`: what git said besides. `now`: Unix ms. */
export function readTrace(
  stderr: string,
  now: number = Date.now(),
): { words: string; retryAfterMs: number | undefined } {
  const asked = [...stderr.matchAll(RETRY_AFTER)].at(-1)?.[1];
  return { words: stderr.replaceAll(TRACE, ""), retryAfterMs: asked === undefined ? undefined : waitOf(asked, now) };
}

/** Longer than anybody waits, and shorter than a timer can. */
const MAX_WAIT_MS = 24 * 3600_000;

/** Seconds, or a date (RFC 9110, 10.2.3). */
function waitOf(asked: string, now: number): number | undefined {
  const ms = /^\d+$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_WAIT_MS);
}
