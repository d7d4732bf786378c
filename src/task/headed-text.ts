/**
 * What hosts and bots tell each other through Redis, where most of it is a text: a line of JSON, then the text, in which escapes cost nothing.
 * Whoever reads bounds and checks it anew: hosts are trusted little.
 */
import type { z } from "zod";

export const headedText = (head: object, text?: string): string =>
  text === undefined ? JSON.stringify(head) : `${JSON.stringify(head)}\n${text}`;

/** `most`: characters of a message at most. Undefined for what is longer, or of another shape. The text is as it came. */
export function parseHeaded<T extends z.ZodType>(
  shape: T,
  message: string,
  most: number,
): { head: z.output<T>; text: string } | undefined {
  if (message.length > most) return undefined;
  const end = message.indexOf("\n");
  const head = parseJson(shape, end === -1 ? message : message.slice(0, end), most);
  return head === undefined ? undefined : { head, text: end === -1 ? "" : message.slice(end + 1) };
}

/** `most`: characters. Undefined for what is longer, no JSON, or of another shape. */
export function parseJson<T extends z.ZodType>(shape: T, message: string, most: number): z.output<T> | undefined {
  if (message.length > most) return undefined;
  try {
    return shape.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined; // no JSON: another program wrote it
  }
}
