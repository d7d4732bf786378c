/**
 * Calls that come again and again with the same arguments, and nothing else of the run's in between: the third is refused, in words from
 * which a model can learn. Five in quick succession are a circle, and end the run. What the agent does besides is not seen here: so
 * only haste tells a circle from an agent, or a script, that says the same of a long piece of work every now and then. What an agent's
 * stream shows is judged there as well (`workers/agents/repetition.ts`).
 */

/** These ask for what may have come since: calling them again is what they are for. */
const MAY_COME_AGAIN: ReadonlySet<string> = new Set(["ask", "wait", "inbox"]);

const REFUSED_AT = 3;
const STALLED_AT = 5;
/** Who comes again later may have something to say again, ms. */
const WINDOW_MS = 10 * 60_000;
/** Shorter than any turn in which a model does something else, ms. */
const HASTE_MS = 8_000;

/** `refusal`: for the model. `stalled`: so often in quick succession. */
export type Repeated = { refusal?: string; stalled?: number };

export type Repeats = { judge(tool: string, input: unknown): Repeated };

export function makeRepeats(now: () => number = Date.now): Repeats {
  let last: { call: string; times: number; hasty: number; since: number; at: number } | undefined;
  return {
    judge(tool, input) {
      if (MAY_COME_AGAIN.has(tool)) return {};
      const at = now();
      const call = JSON.stringify([tool, input]);
      const isSame = last?.call === call && at - last.since < WINDOW_MS;
      if (!last || !isSame) {
        last = { call, times: 1, hasty: 1, since: at, at };
        return {};
      }
      last.times += 1;
      last.hasty = at - last.at <= HASTE_MS ? last.hasty + 1 : 1;
      last.at = at;
      if (last.times < REFUSED_AT) return {};
      const refusal = `You have called ${tool} with exactly this ${last.times} times in a row, and it was not carried out again. Nothing new comes of it: go on with your work, and call again when there is something else to say.`;
      return { refusal, ...(last.hasty >= STALLED_AT && { stalled: last.hasty }) };
    },
  };
}
