/**
 * Ends this process when the `npm` that started it ends: npm passes a signal on to the shell between us only, and being
 * killed it passes on nothing. Nobody may be left behind who was never told to go on alone. Plain JavaScript: old Node.
 */
import { readFileSync } from "node:fs";

const everyMs = 500;

/** Asks itself to stop (SIGTERM, as a person would) as soon as npm, or the shell that npm starts scripts with, is gone. */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return; // not started by npm: whoever starts us may leave
  const shell = process.ppid;
  const npm = parentOf(shell);
  const timer = setInterval(() => {
    if (process.ppid === shell && parentOf(shell) === npm) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, everyMs);
  timer.unref();
  // A Ctrl-C at the terminal ends npm and the shell as well: whoever is stopping already is not told twice.
  for (const name of ["SIGINT", "SIGTERM"]) onceHandled(name, () => clearInterval(timer));
}

/** Calls back at the first signal, but only once somebody handles that signal: a handler of ours alone would swallow it. */
function onceHandled(name, deed) {
  const listening = (event) => {
    if (event !== name) return;
    process.off("newListener", listening);
    process.prependOnceListener(name, deed);
  };
  process.on("newListener", listening);
}

function parentOf(pid) {
  try {
    return /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  } catch {
    return undefined; // it is gone
  }
}
