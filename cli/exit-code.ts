/** The exit codes of every verb: 0 done, 1 there is none or it was refused, 2 asked wrongly, 4 not allowed. */

import { CommanderError } from "commander";

/** Who asks may not: another user's files, or a Redis that lets nobody in without its password. */
export class NotAllowed extends Error {
  override name = "NotAllowed";
}

/** Asked wrongly is told apart from "no": whoever runs this by a program has to change the call, not to wait. */
const USAGE = 2;
const NOT_ALLOWED = 4;

const REFUSALS = new Set(["EACCES", "EPERM"]);

/** Also of an error that another one led to. */
export function exitCodeOf(error: unknown): number {
  // Help and the version are what was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each.name === "UsageError") return USAGE;
    const { code } = each as NodeJS.ErrnoException;
    if (each.name === "NotAllowed" || REFUSALS.has(code ?? "") || isRefusal(each)) return NOT_ALLOWED;
  }
  return 1;
}

/** Redis wants a password, another one, or lets this user do less. */
export const isRefusal = ({ message }: Error): boolean => /^(NOAUTH|WRONGPASS|NOPERM)\b/.test(message);
