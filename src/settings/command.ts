/** A command of a repository's file: a line for `sh`, or a list of words. */
import { z } from "zod";

const word = z
  .string()
  .max(1_000)
  .refine((text) => !text.includes("\0"), "must not contain a NUL character");

export const commandSchema = z.union([word.min(1), z.array(word).min(1).max(64)]);

/** The words of a program and its arguments; none for none. */
export function wordsOf(written: string | string[]): string[];
export function wordsOf(written: string | string[] | undefined): string[] | undefined;
export function wordsOf(written: string | string[] | undefined): string[] | undefined {
  return typeof written === "string" ? ["sh", "-c", written] : written;
}
