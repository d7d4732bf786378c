/**
 * The latch before a step's program: the last thing that its wrapper and its sandbox start. It waits for the host's word and
 * then becomes the program; so everything that has to be started before an agent can be started while its files are still
 * being written. A host that goes away without the word takes its end of the FIFO with it: then the latch ends, and says
 * so, for a program that never began must not count as one that failed.
 *
 * It runs before there is anybody in the sandbox who could disturb it. Both descriptors come from step.sh. The word is read
 * into a variable of the shell's own, which is taken away with the others: any other name may be one that was given.
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";

/** Where step.sh opens the FIFO `go` for reading, and the file `latch` for appending. */
const [WORD, SAID] = [7, 6];

/** bash, where it is the machine's `sh`, counts itself in SHLVL once more as it becomes a program; in a subshell it does not. */
const SCRIPT = `read -r OLDPWD <&${WORD} || { echo left >&${SAID}; exit 1; }
echo begun >&${SAID} || exit 1
exec ${WORD}<&- ${SAID}>&-
unset PWD OLDPWD SHLVL
[ -z "$BASH_VERSION" ] || { (exec "$@"); exit $?; }
exec "$@"`;

/** The command that waits at the latch and becomes `command`. For a sandbox driver to wrap. */
export const latched = (command: readonly string[]): string[] => ["/bin/sh", "-c", SCRIPT, "latch", ...command];

/** The host's end of a latch. */
export type Latch = {
  /** Lets the program begin; nothing happens when it is closed. */
  open(): void;
  /** Without a word: what still waits there ends. */
  close(): void;
};

/** `fifo`: the step's `go`, which exists. To be held before the wrapper starts. */
export function holdLatch(fifo: string): Latch {
  // Read and write: opening does not wait for the wrapper, nor does writing fail without it.
  let descriptor: number | undefined = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const close = () => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  return {
    open() {
      if (descriptor !== undefined) writeSync(descriptor, "go\n");
      close();
    },
    close,
  };
}
