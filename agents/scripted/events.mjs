/** Orch's JSON lines: one object a line on standard output, written before anything else happens. */
import { writeSync } from "node:fs";

/** For whoever wants to watch: how long to wait after each line, at most 10 s. Unset: not at all. */
const pauseMs = Math.min(Number(process.env.SCRIPTED_AGENT_PAUSE_MS) || 0, 10_000);

function write(event) {
  const line = Buffer.from(`${JSON.stringify(event)}\n`);
  for (let at = 0; at < line.length; ) at += writeSync(1, line, at);
  if (pauseMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
}

/** Something to read for whoever watches. */
export function say(text) {
  write({ type: "text", text });
}

/** @param {"started" | "ok" | "failed"} status */
export function tool(name, summary, status) {
  write({ type: "tool", name, summary, status });
}

/** The last words. A script reads no tokens and costs nothing, and says so. */
export function finish(ok, text) {
  write({ type: "usage", inputTokens: 0, outputTokens: 0, costUsd: 0, scope: "run" });
  write(ok ? { type: "final", ok, text } : { type: "final", ok, reason: "crash", text });
  process.exitCode = ok ? 0 : 1;
}
