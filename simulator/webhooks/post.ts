/**
 * One POST of a webhook, with everything that can happen to it told as an answer. Never throws.
 */
import { STATUS_CODES } from "node:http";

export type Answer = {
  /** GitHub's word in the delivery log. */
  status: string;
  statusCode: number;
  /** Seconds. */
  duration: number;
  headers: Record<string, string>;
  /** The first 64 kB of the answer. */
  body: string;
};

const keptBody = 65_536;

export async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  timeoutMs: number,
  closing: AbortSignal,
): Promise<Answer> {
  const start = performance.now();
  const duration = (): number => Math.round(performance.now() - start) / 1000;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const signal = AbortSignal.any([timeout, closing]);
    const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    const text = await response.text();
    return {
      status: response.ok ? "OK" : (STATUS_CODES[response.status] ?? "Invalid HTTP Response"),
      statusCode: response.status,
      duration: duration(),
      headers: Object.fromEntries(response.headers),
      body: text.slice(0, keptBody),
    };
  } catch (error) {
    const timedOut = timeout.aborted;
    return {
      status: timedOut ? "timed out" : "failed to connect to host",
      statusCode: timedOut ? 504 : 502,
      duration: duration(),
      headers: {},
      body: String(error instanceof Error ? (error.cause ?? error.message) : error),
    };
  }
}
