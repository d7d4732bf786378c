/** Words for a POSIX shell's command line: whatever they hold, the shell takes each as it is. */

/** Bare where a person would type it bare. `A=b` is not: as a line's first word it would set a variable. */
const BARE = /^(?![A-Za-z_]\w*=)[\w@%+=:,./-]+$/;

/** @throws for a NUL byte, which no program can be given */
export function shellWord(word: string): string {
  if (word.includes("\0")) throw new Error("a NUL byte cannot be passed to a program");
  // Nothing inside single quotes means anything but the quote itself.
  return BARE.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export const shellWords = (words: readonly string[]): string => words.map(shellWord).join(" ");

/** A command as a person would type it: what a shell is only asked to run stands alone. */
export function commandLine(command: readonly string[]): string {
  const [shell, flag, line = ""] = command;
  return shell === "sh" && flag === "-c" && command.length === 3 ? line : shellWords(command);
}
