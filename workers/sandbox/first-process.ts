/**
 * The first process of a sandbox: a shell that runs the command and ends with its exit code. With the first process of a
 * namespace ends everything in it, by the kernel, before anybody outside is told: so the end of the command is the end of
 * all that it started.
 *
 * The shell is a copy that may be run and not read. What runs from such a file the kernel lets nobody trace or write
 * into (ptrace(2), "dumpable"), also not the same user. Otherwise an agent could keep it from ending, or make it forget
 * that it dies with its parent.
 */
import { access, chmod, constants, copyFile, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfinementError } from "./confinement.ts";

/** Named `sh`: a shell that is one of many in one file (busybox) knows by its name what it is. */
const INSIDE = "/run/orch/sh";

/**
 * Without an error output of its own, on which some shells tell of their children's signals. A shell counts itself in
 * variables that nobody gave.
 */
const script = (before: string) => `exec 3>&2 2>/dev/null
unset PWD OLDPWD SHLVL
${before}
(exec "$@" 2>&3 3>&-)
exit $?`;

export type FirstProcess = {
  /** bwrap arguments; they need a writable `/run`. */
  mount: readonly string[];
  /** What bwrap starts as the first process to have `command` run. `before`: shell lines that it runs first, errors on fd 3. */
  running(command: readonly string[], before?: string): string[];
};

/**
 * Puts the copy into `dir`. Safe while other sandboxes use the same folder.
 * @throws {ConfinementError} where nothing in `dir` can be run
 */
export async function prepareFirstProcess(dir: string, shell: string): Promise<FirstProcess> {
  await mkdir(dir, { recursive: true });
  const file = join(dir, "sh");
  await rm(`${file}.new`, { force: true });
  await copyFile(shell, `${file}.new`);
  await chmod(`${file}.new`, 0o111);
  await rename(`${file}.new`, file);
  await access(file, constants.X_OK).catch(() => {
    throw new ConfinementError(`no program can be run in ${dir}: its file system is mounted with noexec`);
  });
  return {
    mount: ["--ro-bind", file, INSIDE],
    running: (command, before = "") => [INSIDE, "-c", script(before), "init", ...command],
  };
}
