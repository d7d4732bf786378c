/**
 * Ends what runs under a wrapper: first with a word (SIGTERM to the confined programs themselves), then with force.
 * The wrapper stays to the last, since it is the one that tells of the end.
 */
import { setTimeout as delay } from "node:timers/promises";
import { BRIDGE_PROCESS } from "../network/bridge.ts";
import { descendants, readProcess, signal } from "../sandbox/processes.ts";
import type { Wrapper } from "./step-files.ts";

/** After SIGKILL of everything below it, a wrapper has this long to write the exit code. */
const WRAPPER_MS = 2_000;
const AGAIN_MS = 20;

/**
 * Resolves when the wrapper is gone and `ended` has resolved, which is the proof that nothing below it is left.
 * Without any grace there is no word first.
 */
export async function stopStep(wrapper: Wrapper, graceMs: number, ended: Promise<unknown>): Promise<void> {
  const gone = Promise.all([ended, wrapperGone(wrapper)]).then(() => true);
  if (graceMs > 0 && (await repeat(() => terminate(wrapper), graceMs, gone))) return;
  if (await repeat(() => killBelow(wrapper), WRAPPER_MS, gone)) return;
  if (isRunning(wrapper)) signal(wrapper.pid, "SIGKILL");
  await gone;
}

const isRunning = (wrapper: Wrapper) => readProcess(wrapper.pid)?.start === wrapper.start;

/** It ends a moment after it told of the end, by itself; nobody but tmux is told, so this looks. */
async function wrapperGone(wrapper: Wrapper): Promise<void> {
  while (isRunning(wrapper)) await delay(5);
}

/**
 * The programs of the sandbox: neither the view of the pane, nor bubblewrap, which would end at once and take the programs
 * with it before these could tidy up, nor the sandbox's first process, which hears no word (pid_namespaces(7)), nor the
 * bridge to the network, which programs may need for their last words.
 */
function confinedProcesses({ pid: wrapper, view }: Wrapper): number[] {
  const below = descendants(wrapper).filter(({ pid }) => pid !== view);
  const bwrap = below.find(({ parent, name }) => parent === wrapper && name === "bwrap");
  const first = bwrap && below.find(({ parent }) => parent === bwrap.pid);
  // One listens for the proxy, others for addresses that are passed on; their children carry connections.
  const bridges = below.filter(({ parent, name }) => parent === first?.pid && name === BRIDGE_PROCESS);
  const around = new Set([bwrap, first, ...bridges].map((process) => process?.pid));
  const carriers = new Set(bridges.map(({ pid }) => pid));
  const confined = below.filter(({ pid, parent }) => !around.has(pid) && !carriers.has(parent));
  // Still being built: then there is nobody to be gentle with.
  return (confined.length > 0 ? confined : below).map(({ pid }) => pid);
}

/** Whether somebody was there to be told. */
function terminate(wrapper: Wrapper): boolean {
  const confined = confinedProcesses(wrapper);
  for (const pid of confined) signal(pid, "SIGTERM");
  return confined.length > 0;
}

/** With bubblewrap the first of these takes its whole namespace along. Never done: a process may fork while we look. */
function killBelow(wrapper: Wrapper): boolean {
  for (const { pid } of descendants(wrapper.pid)) signal(pid, "SIGKILL");
  return false;
}

/** Tries until it is done (the command may not have been started yet) and waits for the end; false when time is up. */
async function repeat(attempt: () => boolean, withinMs: number, gone: Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (let done = false; ; ) {
    done ||= attempt();
    const left = deadline - performance.now();
    if (await settledWithin(done ? left : Math.min(left, AGAIN_MS), gone)) return true;
    if (performance.now() >= deadline) return false;
  }
}

async function settledWithin(ms: number, gone: Promise<boolean>): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([gone, delay(Math.max(0, ms), false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
