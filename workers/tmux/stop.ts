/**
 * Ends what runs under a wrapper: first with a word (SIGTERM to the confined programs themselves), then with force.
 * The wrapper stays to the last, since it is the one that tells of the end.
 */
import { setTimeout as delay } from "node:timers/promises";
import { descendants, signal } from "../sandbox/processes.ts";
import type { Wrapper } from "./step-files.ts";

/** After SIGKILL of everything below it, a wrapper has this long to write the exit code. */
const WRAPPER_MS = 2_000;

/** Resolves when `ended` has; it is the proof that nothing is left. */
export async function stopStep(wrapper: Wrapper, graceMs: number, ended: Promise<unknown>): Promise<void> {
  const gone = ended.then(() => true);
  for (const pid of confinedProcesses(wrapper)) signal(pid, "SIGTERM");
  if (await within(graceMs, gone)) return;
  // With bubblewrap the first of these takes its whole namespace along.
  for (const { pid } of descendants(wrapper.pid)) signal(pid, "SIGKILL");
  if (await within(WRAPPER_MS, gone)) return;
  signal(wrapper.pid, "SIGKILL");
  await gone;
}

/**
 * The programs of the sandbox: neither the view of the pane nor bubblewrap's own two processes, which would end at once
 * and take the programs with them before these could tidy up.
 */
function confinedProcesses({ pid: wrapper, view }: Wrapper): number[] {
  const below = descendants(wrapper).filter(({ pid }) => pid !== view);
  const monitors = new Set([wrapper]);
  for (const { pid, parent, name } of below) {
    if (monitors.has(parent) && name === "bwrap") monitors.add(pid);
  }
  const confined = below.filter(({ pid }) => !monitors.has(pid));
  // Still being built: then there is nobody to be gentle with.
  return (confined.length > 0 ? confined : below).map(({ pid }) => pid);
}

async function within(ms: number, gone: Promise<boolean>): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([gone, delay(ms, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
