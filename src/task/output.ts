/**
 * What the programs of a task print, on its way from the host that runs them to whoever watches. The transcripts on the host are the truth; a
 * place in them is a run, a step and an offset in bytes, always the beginning of a line. While somebody watches, a key says so and the host
 * publishes what is new; anything else is asked for. Both go through Redis: no host has an open port.
 *
 * Hosts are trusted little: what they say is checked, bounded and cleaned anew by whoever reads it.
 */
import { z } from "zod";
import { terminalText } from "../text/terminal-text.ts";
import { headedText, parseHeaded, parseJson } from "./headed-text.ts";
import { isTaskId } from "./task-id.ts";

/** How long a task counts as watched after somebody has said so, seconds. */
export const WATCHED_S = 30;
/** How long what a host is asked, and what it answers, waits to be read, seconds. */
export const ASK_S = 10;
export const ANSWER_S = 60;
/** What waits for one host to answer it; more is left out, oldest first. */
export const MAX_ASKS = 100;
/** Of the text in one answer, bytes. */
export const MAX_PIECE = 64 * 1024;
/** Of what is published in one go, bytes, and how often that is done at most. */
export const MAX_CHUNK = 16 * 1024;
export const CHUNK_MS = 50;
/** Steps of a run that are named, the latest. */
export const MAX_STEPS = 100;

/** Of a message as it is received: no host sends more. */
const MAX_MESSAGE = 4 * MAX_PIECE;

const offset = z.int().nonnegative();
const run = z.int().positive().max(1_000_000);
const stepName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const text = z.string().transform(terminalText);

export type Position = { run: number; step: string; offset: number };

export const positionText = ({ run, step, offset }: Position): string => `${run}:${step}:${offset}`;

export function parsePosition(words: string): Position | undefined {
  const [run, step, offset] = words.split(":");
  return positionShape.safeParse({ run: Number(run), step, offset: Number(offset) }).data;
}
const positionShape = z.object({ run, step: stepName, offset });

/** What was printed from one place in a step's transcript to another. Without text it only says how far that goes. */
const chunkShape = z.object({
  host: z.string().max(100),
  /** Of the run, as its task's record names it: what another host says is not its output. */
  epoch: run,
  claim: z.string().max(500),
  step: stepName,
  from: offset,
  to: offset,
  text,
});
export type Chunk = z.output<typeof chunkShape>;

/** Undefined for what is none. */
export const parseChunk = (message: string): Chunk | undefined => parseJson(chunkShape, message, MAX_MESSAGE);

const askShape = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  task: z.string().refine(isTaskId),
  run,
  /** None: the last step. */
  step: stepName.optional(),
  /** None: as much as fits before `until`. */
  from: offset.optional(),
  /** None: the end. */
  until: offset.optional(),
  /** About so many bytes: whole lines. */
  bytes: z.int().positive().max(MAX_PIECE),
});
export type Ask = z.output<typeof askShape>;

export const parseAsk = (message: string): Ask | undefined => parseJson(askShape, message, MAX_MESSAGE);

const stepSize = z.object({ name: stepName, size: offset });
export type StepSize = z.output<typeof stepSize>;

/** A part of a step's output, beside all steps that there are, in their order, with how much each has printed. */
export type Piece = { steps: StepSize[]; step: string; from: number; to: number; text: string };
export type Answer = Piece | "gone";

const headShape = z.union([
  z.object({ gone: z.literal(true) }),
  z.object({ steps: z.array(stepSize).max(MAX_STEPS), step: stepName, from: offset, to: offset }),
]);

export function answerText(answer: Answer): string {
  if (answer === "gone") return headedText({ gone: true });
  const { text, ...head } = answer;
  return headedText(head, text);
}

export function parseAnswer(message: string): Answer | undefined {
  const parsed = parseHeaded(headShape, message, MAX_MESSAGE);
  if (!parsed) return undefined;
  return "gone" in parsed.head ? "gone" : { ...parsed.head, text: terminalText(parsed.text) };
}
