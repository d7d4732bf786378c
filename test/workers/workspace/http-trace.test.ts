import { expect, test } from "vitest";
import { readTrace } from "../../../workers/workspace/http-trace.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");
const traced = (header: string) =>
  [
    "10:46:56.347001 http.c:684              <= Recv header: HTTP/1.1 429 Too Many Requests",
    `10:46:56.347023 http.c:684              <= Recv header: ${header}`,
    "remote: slow down",
    "10:46:56.347100 http.c:701              == Info: Closing connection 0",
    "fatal: unable to access 'https://github.com/a/b.git/': The requested URL returned error: 429",
    "",
  ].join("\n");

test.each([
  ["seconds", "retry-after: 7", 7_000],
  ["a date", "Retry-After: Fri, 02 Jan 2026 03:05:05 GMT", 60_000],
  ["a date that is over", "retry-after: Fri, 02 Jan 2026 03:00:00 GMT", 0],
  ["more than a timer can hold", "retry-after: 99999999999", 24 * 3600_000],
  ["nonsense", "retry-after: soon", undefined],
  ["another header", "content-length: 7", undefined],
])("how long GitHub asks to wait: %s", (_what, header, ms) => {
  expect(readTrace(traced(header), NOW).retryAfterMs).toBe(ms);
});

test("what git said stays, without its trace", () => {
  expect(readTrace(traced("retry-after: 7"), NOW).words).toBe(
    "remote: slow down\nfatal: unable to access 'https://github.com/a/b.git/': The requested URL returned error: 429\n",
  );
});
