/** Programs that must not outlive the one that started them, not even when that is killed with SIGKILL. */

/**
 * Has the kernel send SIGTERM to the program when its parent dies. setpriv becomes the program: the process id is the
 * program's own. What the program itself starts is not told.
 */
export function dependentProgram(command: readonly string[]): { file: string; args: string[] } {
  return { file: "setpriv", args: ["--pdeathsig", "TERM", "--", ...command] };
}
