/** The end of a file as visible text: where the reason stands. */
import { open } from "node:fs/promises";
import { visibleText } from "../../../src/text/clean.ts";
import { asDrawn } from "../../agents/overwrite.ts";

/** At most the last `maxBytes`; empty when the file does not exist. */
export async function readTail(path: string, maxBytes: number): Promise<string> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const length = Math.min(size, maxBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.subarray(0, bytesRead).toString("utf8").split("\n");
    return visibleText(lines.map(asDrawn).join("\n")).trim();
  } finally {
    await file.close();
  }
}
