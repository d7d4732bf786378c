/** Whether a file is there for whoever asks: one in another user's folder is not missing, it is not theirs. */
import { accessSync, constants } from "node:fs";
import { NotAllowed } from "./exit-code.ts";

/** Throws NotAllowed where this user may not read it, or not even look. */
export function isThere(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM") return false;
    throw new NotAllowed(`${path} belongs to another user: run this as the user that Orch runs as`, { cause });
  }
}
