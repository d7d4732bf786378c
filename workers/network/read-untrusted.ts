/**
 * Reads what stands in a folder that another user may write in: nothing there is followed, waited for, or read without an end.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";

const MAX_FILE_BYTES = 256 * 1024;

/** None where there is no such folder. */
export function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Empty where there is no such file, or something else in its place; no link is followed out of the proxy's folder. */
export function readUntrusted(path: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (["ENOENT", "ELOOP", "ENXIO"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
  try {
    if (!fstatSync(file).isFile()) return ""; // a FIFO can be waited for, a folder not be read
    const buffer = Buffer.alloc(MAX_FILE_BYTES);
    return buffer.toString("utf8", 0, readSync(file, buffer, 0, MAX_FILE_BYTES, 0));
  } finally {
    closeSync(file);
  }
}
