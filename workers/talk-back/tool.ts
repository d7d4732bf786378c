/**
 * One thing that an agent can ask of its host. A tool knows nothing of sockets, rates and repetitions: it gets what has been
 * checked, bounded and cleaned of secrets, and answers with the text that the model reads.
 */
import type { z } from "zod";
import type { Ground } from "../run/ground.ts";
import type { Run, Shared } from "../run/run.ts";

/** What a tool may use. `call`: names the request among all of the run; the same again is the same request. */
export type TalkRun = { shared: Shared; run: Run; ground?: Ground | undefined; call?: string };

/** `nothingWaits`: the tool knows already that nothing was said to the agent, so nobody has to look. */
export type Told = { text: string; nothingWaits: boolean };
export const textOf = (told: string | Told): string => (typeof told === "string" ? told : told.text);

export type Tool<Input = unknown> = {
  name: string;
  /** For the model: what it does and when to call it. */
  description: string;
  /** An object, with a bound on every text. */
  input: z.ZodObject;
  /** Whether this run's agent is offered it; without it every agent is. */
  isFor?: (talk: TalkRun) => boolean;
  /**
   * The text that the model reads. Throws `Refused` for what a model should understand and correct. It may be called again with
   * the same input, where the host died before it had noted the answer down. `signal`: nobody waits any more, or the run is over here.
   */
  call(talk: TalkRun, input: Input, signal: AbortSignal): Promise<string | Told>;
};

/** A tool whose `call` is given what its `input` describes. */
export function tool<Shape extends z.ZodObject>(made: {
  name: string;
  description: string;
  input: Shape;
  isFor?: (talk: TalkRun) => boolean;
  call(talk: TalkRun, input: z.output<Shape>, signal: AbortSignal): Promise<string | Told>;
}): Tool {
  return made as Tool;
}

/** The message is for the model: what is wrong with its call, and what it can do instead. */
export class Refused extends Error {
  override readonly name = "Refused";
}
