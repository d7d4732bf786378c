/**
 * A task's trace: its ids are made of the task's id, so bots, worker hosts and whoever looks on name the same without having spoken, also
 * after any crash.
 */
import { createHash } from "node:crypto";

const hex = (text: string, bytes: number): string =>
  createHash("sha256")
    .update(text)
    .digest("hex")
    .slice(0, 2 * bytes);

/** 16 bytes, in hex. */
export const traceIdOf = (taskId: string): string => hex(`trace:${taskId}`, 16);
/** 8 bytes, in hex. `part`: empty for the task itself, the number of a run, or what is in it. */
export const spanIdOf = (taskId: string, part: string | number): string => hex(`${taskId}:${part}`, 8);
