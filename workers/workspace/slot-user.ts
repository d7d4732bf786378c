/**
 * Commands that the host runs outside the sandbox but not as itself: with the slot's user, without capabilities, and unable
 * to gain any. Where the host was not started as root there is only one user, and the command runs as it is.
 */
import type { SlotUser } from "../sandbox/sandbox.ts";

export type Owner = Pick<SlotUser, "uid" | "gid">;

/** The program and arguments that run `command` as the slot's user. */
export function asSlotUser(user: Owner, command: readonly [string, ...string[]]): { file: string; args: string[] } {
  const [file, ...args] = command;
  if (user.uid === undefined) return { file, args };
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid ?? user.uid}`, "--clear-groups"];
  const powers = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"];
  return { file: "setpriv", args: [...identity, ...powers, "--", file, ...args] };
}
