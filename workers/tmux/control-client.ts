/**
 * One tmux client in control mode: commands go in as lines, answers come back as blocks. It is attached to an idle
 * session without output, so that it costs nothing while agents print. A command through it takes about 3 ms and a
 * fifteenth of the CPU of a spawned `tmux`. Format: tmux(1), CONTROL MODE.
 */
import { shellWord } from "../../src/text/shell-words.ts";
import { converse } from "../run-program.ts";

/** tmux answered with an error, or went away before it answered. */
export class TmuxError extends Error {
  override name = "TmuxError";
}

/** The client went away before tmux answered: the command may have been carried out or not. */
export class TmuxGone extends TmuxError {
  override name = "TmuxGone";
}

export type ControlClient = {
  /** Runs one command; gives the lines that it printed. @throws {TmuxError} */
  command(words: readonly string[]): Promise<string[]>;
  /** Resolves when the client is gone, with what it said last; never rejects. */
  ended: Promise<string>;
  close(): void;
};

type Pending = { resolve(lines: string[]): void; reject(error: Error): void; what: string };

/** A server that does not answer within this is stopped or stuck; the caller starts over with a new client. */
const ANSWER_MS = 10_000;

/** `args`: the arguments of `tmux -C` that start or attach. */
export function openControlClient(tmux: string, args: readonly string[], env: Record<string, string>): ControlClient {
  const talk = converse({ file: tmux, args, env, cwd: "/" });
  const pending: Pending[] = [];
  let gone: string | undefined;
  let block: { number: string; ours: boolean; lines: string[] } | undefined;
  let said = "";

  const finish = (failed: boolean, { ours, lines }: { ours: boolean; lines: string[] }) => {
    // The command that the client itself was started with answers too, and nobody waits for it.
    if (!ours) {
      if (failed) said = lines.join(" ");
      return;
    }
    const next = pending.shift();
    if (failed) next?.reject(new TmuxError(`tmux ${next.what}: ${lines.join(" ")}`));
    else next?.resolve(lines);
  };

  talk.onLine((line) => {
    const [word = "", , number = "", flags = "0"] = line.split(" ");
    if (block === undefined) {
      if (word === "%begin") block = { number, ours: (Number(flags) & 1) === 1, lines: [] };
      else if (word === "%exit") said = line.slice("%exit ".length) || said;
      return;
    }
    if ((word !== "%end" && word !== "%error") || number !== block.number) return void block.lines.push(line);
    const whole = block;
    block = undefined;
    finish(word === "%error", whole);
  });

  const ended = talk.ended.then((errors) => {
    gone = said || errors.trim() || "the tmux server went away";
    for (const { reject, what } of pending.splice(0)) reject(new TmuxGone(`tmux ${what}: ${gone}`));
    return gone;
  });

  return {
    ended,
    close: () => talk.end(),
    command(words) {
      const what = words[0] ?? "";
      if (gone !== undefined) return Promise.reject(new TmuxGone(`tmux ${what}: ${gone}`));
      const answer = new Promise<string[]>((resolve, reject) => pending.push({ resolve, reject, what }));
      const timer = setTimeout(() => talk.end(), ANSWER_MS);
      talk.write(words.map(quote).join(" "));
      return answer.finally(() => clearTimeout(timer));
    },
  };
}

/** One word of a tmux command line, taken literally: tmux reads quotes as a shell does. */
export function quote(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin another command
  if (/[\x00-\x1f\x7f]/.test(word))
    throw new TmuxError(`control characters cannot be passed to tmux: ${JSON.stringify(word)}`);
  return shellWord(word);
}
