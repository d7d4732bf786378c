/**
 * Commands that the host runs outside the sandbox but not as itself: with the slot's user, without capabilities, and unable
 * to gain any. Where the host was not started as root there is only one user, and the command runs as it is.
 */
import { becomeUser } from "../sandbox/confinement.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";

export type Owner = Pick<SlotUser, "uid" | "gid">;

/** The program and arguments that run `command` as the slot's user. */
export function asSlotUser(user: Owner, command: readonly [string, ...string[]]): { file: string; args: string[] } {
  const [file = "", ...args] = [...becomeUser("setpriv", user), ...command];
  return { file, args };
}
