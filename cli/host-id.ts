/** Which worker host has a data folder. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A worker host makes its id when it first starts. */
export function hostIdOf(hostDir: string): string | undefined {
  try {
    return readFileSync(join(hostDir, "id"), "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${join(hostDir, "id")} cannot be read: run this as the user that the worker host runs as`, {
      cause: error,
    });
  }
}
