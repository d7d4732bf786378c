/**
 * Calls of a run's tools, from whichever connection they come. Each is carried out once: one that comes again is given the answer
 * that there is, or waits for the one that is being made. Too many are refused, in words that a model understands.
 */
import type { Logger } from "pino";
import { cut } from "../../src/text/bound.ts";
import { callIsAnswered } from "../run/messages.ts";
import { type Announcing, announce, heard } from "./announce.ts";
import type { Answer, Answers } from "./answers.ts";
import { type Clean, cleanEach } from "./clean-input.ts";
import { makePace } from "./pace.ts";
import { makeRepeats } from "./repeats.ts";
import { Refused, type TalkRun, type Tool, textOf } from "./tool.ts";

/** Of all connections of a run together. An agent that works has no use for more. */
const CALLS = { burst: 30, perSecond: 2 };
const MAX_UNDER_WAY = 16;
/** Of one call that was repeated: a bridge that comes back asks once more, and not again and again. */
const MAX_WAITING = 4;
/** A bridge whose connection ended comes back within this, if it comes, ms. */
const GONE_MS = 20_000;
/** Of an answer, in characters. */
const MAX_ANSWER = 40_000;

/** `key`: names the request among all of the run; the same again is the same request. `gone`: ends when its connection has. */
export type Call = { key: string; tool: Tool; input: unknown; cancelled: AbortSignal; gone: AbortSignal };

export type Calls = { perform(call: Call): Promise<Answer> };

type Parts = {
  talk(): TalkRun;
  answers: Answers;
  /** Takes the run's secrets out of a text. */
  clean: Clean;
  /** Aborted when the run is over here. */
  over: AbortSignal;
  log: Logger;
};

type UnderWay = { answer: Promise<Answer>; waiting: number; ending: AbortController };

export function makeCalls({ talk, answers, clean, over, log }: Parts): Calls {
  const pace = makePace(CALLS);
  const repeats = makeRepeats();
  const underWay = new Map<string, UnderWay>();

  const carryOut = async ({ tool, input, key }: Call, signal: AbortSignal): Promise<Answer> => {
    await heard(talk()).catch((error: unknown) =>
      log.warn({ err: error }, "that the agent has heard could not be noted"),
    );
    const repeated = repeats.judge(tool.name, input);
    if (repeated.stalled) talk().run.interrupt({ kind: "stalled", call: tool.name, times: repeated.stalled });
    const { nothingWaits, ...answer } = repeated.refusal
      ? { text: repeated.refusal, refused: true }
      : await answerOf(tool, { ...talk(), call: key }, cleanEach(input, clean), signal, log);
    const look = () => announced(talk(), { key, isUnderWay: (other) => underWay.has(other) }, log);
    const told = nothingWaits ? undefined : await look();
    const whole = { ...answer, text: cut([answer.text, told].filter(Boolean).join("\n\n"), MAX_ANSWER) };
    signal.throwIfAborted();
    try {
      answers.keep(key, whole);
      callIsAnswered(talk().run, key);
    } catch (error) {
      log.warn({ err: error }, "an answer to the agent could not be noted down");
    }
    return whole;
  };

  const begin = (call: Call): UnderWay => {
    const ending = new AbortController();
    const answer = carryOut(call, AbortSignal.any([ending.signal, over])).finally(() => underWay.delete(call.key));
    answer.catch(() => undefined); // Nobody may be waiting any more.
    const begun = { answer, waiting: 0, ending };
    underWay.set(call.key, begun);
    return begun;
  };

  return {
    async perform(call) {
      const known = answers.find(call.key);
      if (known) return known;
      let making = underWay.get(call.key);
      if (!making) {
        const refusal = tooMany(underWay.size, pace.take());
        if (refusal) return { text: refusal, refused: true };
        making = begin(call);
      }
      if (making.waiting >= MAX_WAITING) return { text: WAITED_FOR, refused: true };
      return await waitFor(making, call);
    },
  };
}

/** Once nobody waits for it any more, a call is ended: at once when it was cancelled, later when a connection was lost. */
async function waitFor(making: UnderWay, { cancelled, gone }: Call): Promise<Answer> {
  making.waiting += 1;
  const leave = () => {
    making.waiting -= 1;
    const end = () => making.waiting === 0 && making.ending.abort();
    if (gone.aborted) setTimeout(end, GONE_MS).unref();
    else end();
  };
  const left = AbortSignal.any([cancelled, gone]);
  left.addEventListener("abort", leave, { once: true });
  try {
    return await making.answer;
  } finally {
    left.removeEventListener("abort", leave);
  }
}

const WAITED_FOR = `${MAX_WAITING} others wait for the answer to this very call already. This one was not carried out.`;

function tooMany(underWay: number, waitMs: number): string | undefined {
  if (waitMs > 0)
    return `Too many calls: at most ${CALLS.perSecond} a second are taken. This one was not carried out. Go on with your work, and call again when there is something new to say.`;
  if (underWay >= MAX_UNDER_WAY)
    return `${MAX_UNDER_WAY} calls are under way already. This one was not carried out: wait for their answers first.`;
  return undefined;
}

type Given = Answer & { nothingWaits?: boolean };

async function answerOf(tool: Tool, talk: TalkRun, input: unknown, signal: AbortSignal, log: Logger): Promise<Given> {
  try {
    const told = await tool.call(talk, input, signal);
    return { text: textOf(told), ...(typeof told === "object" && { nothingWaits: told.nothingWaits }) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Refused) return { text: error.message, refused: true };
    log.error({ err: error, tool: tool.name }, "a call of the agent failed");
    return { text: "This failed on the worker host, by no fault of yours. Go on without it.", refused: true };
  }
}

async function announced(talk: TalkRun, call: Announcing, log: Logger): Promise<string | undefined> {
  try {
    return await announce(talk, call);
  } catch (error) {
    log.warn({ err: error }, "what the agent is to be told could not be found out");
    return undefined;
  }
}
