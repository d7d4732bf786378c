/**
 * What a task's agent has changed and nobody has published, on its way from the host that keeps it to whoever may see it: asked for and answered through
 * Redis as output is (`output.ts`). Hosts are trusted little: what they say is checked, bounded and cleaned anew by whoever reads it.
 */
import { z } from "zod";
import { visibleText } from "../text/clean.ts";
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
export const parseChangesAsk = (message: string): ChangesAsk | undefined => parsed(askShape, message);

const headShape = z.union([
  z.object({ gone: z.literal(true) }),
  z.object({ baseSha: z.string().regex(/^[0-9a-f]{40}$/), takenAt: z.number(), whole: z.boolean() }),
]);

/** `diff`: as git writes it. `takenAt`: when the host put it aside, Unix ms. `whole`: nothing of it is left out. */
export type Changes = { baseSha: string; takenAt: number; whole: boolean; diff: string };
/** `gone`: nothing is kept there, or nothing that git can read. */
export type ChangesAnswer = Changes | "gone";

/** A line of JSON, then the diff. */
export function changesText(answer: ChangesAnswer): string {
  if (answer === "gone") return JSON.stringify({ gone: true });
  const { diff, ...head } = answer;
  return `${JSON.stringify(head)}\n${diff}`;
}

export function parseChanges(message: string): ChangesAnswer | undefined {
  if (message.length > MAX_MESSAGE) return undefined;
  const end = message.indexOf("\n");
  const head = parsed(headShape, end === -1 ? message : message.slice(0, end));
  if (!head) return undefined;
  return "gone" in head ? "gone" : { ...head, diff: end === -1 ? "" : visibleText(message.slice(end + 1)) };
}

function parsed<T extends z.ZodType>(shape: T, message: string): z.output<T> | undefined {
  try {
    return shape.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined; // no JSON: another program wrote it
  }
}
