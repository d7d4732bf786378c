/**
 * What a task's agent has changed and nobody has published, on its way from the host that keeps it to whoever may see it: asked for and answered through
 * Redis as output is (`output.ts`). Hosts are trusted little: what they say is checked, bounded and cleaned anew by whoever reads it.
 */
import { z } from "zod";
import { visibleText } from "../text/clean.ts";
import { headedText, parseHeaded, parseJson } from "./headed-text.ts";
import { isTaskId } from "./task-id.ts";

/** Of a diff, bytes: what is beyond that is left out. */
export const MAX_DIFF = 300_000;
/** In Redis every byte may be three: one that is no text stands there as U+FFFD. */
const MAX_MESSAGE = 4 * MAX_DIFF;

const askShape = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  changesOf: z.string().refine(isTaskId),
});
export type ChangesAsk = z.output<typeof askShape>;

/** Undefined for what asks something else. */
export const parseChangesAsk = (message: string): ChangesAsk | undefined => parseJson(askShape, message, MAX_MESSAGE);

const headShape = z.union([
  z.object({ gone: z.literal(true) }),
  z.object({ baseSha: z.string().regex(/^[0-9a-f]{40}$/), takenAt: z.number(), whole: z.boolean() }),
]);

/** `diff`: as git writes it. `takenAt`: when the host put it aside, Unix ms. `whole`: nothing of it is left out. */
export type Changes = { baseSha: string; takenAt: number; whole: boolean; diff: string };
/** `gone`: nothing is kept there, or nothing that git can read. */
export type ChangesAnswer = Changes | "gone";

export function changesText(answer: ChangesAnswer): string {
  if (answer === "gone") return headedText({ gone: true });
  const { diff, ...head } = answer;
  return headedText(head, diff);
}

export function parseChanges(message: string): ChangesAnswer | undefined {
  const parsed = parseHeaded(headShape, message, MAX_MESSAGE);
  if (!parsed) return undefined;
  return "gone" in parsed.head ? "gone" : { ...parsed.head, diff: visibleText(parsed.text) };
}
